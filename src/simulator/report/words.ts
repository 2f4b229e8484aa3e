import type { Advice, AtDoor } from '../advice/index.js';

/** A duration as people say it. */
export function duration(seconds: number | null): string {
	if (seconds === null) {
		return 'never';
	}
	if (seconds < 120) {
		return `${seconds.toFixed(0)} s`;
	}
	return seconds < 2 * 3600
		? `${(seconds / 60).toFixed(1)} min`
		: `${(seconds / 3600).toFixed(1)} h`;
}

/** `20,000`. */
export function grouped(value: number): string {
	return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** `1.3 times`; a bare number where it is large. */
export function times(value: number): string {
	return `${value < 10 ? value.toFixed(1) : grouped(Math.round(value))} times`;
}

/** What a node says to those that it refuses. */
export function doorWords(
	{ refusal, retryAfterSeconds }: AtDoor,
	windowSeconds: number,
): string {
	switch (refusal) {
		case 'reset':
			return 'a reset, and no word';
		case 'slots':
			return '429 with a slot: Retry-After is the place of the device in the queue';
		case 'door-window':
			return `429 with Cloudlink-Reconnect-Window: ${Math.ceil(windowSeconds)} and no Retry-After`;
		case 'constant':
			return `429 with Retry-After: ${retryAfterSeconds}, the same for all`;
	}
}

/** What is told to live links today. */
export function windowToday({ told, boundSeconds }: Advice): string {
	return told.hints === 'window'
		? `${Math.ceil(told.windowErrorFactor * boundSeconds)} s`
		: 'none';
}
