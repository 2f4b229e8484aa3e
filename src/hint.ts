/**
 * What a node said about when to come back. Every field was parsed strictly and bounded by
 * {@link boundedMs} where it came in; pacing clamps it further. `docs/protocol.md` has the carriers.
 */
export interface Hint {
	/** Not before this long from when it was said. */
	readonly retryAfterMs?: number;
	/** How long the node's whole population needs to come back after it was cut off; 0: no window is told any more. */
	readonly reconnectWindowMs?: number;
	/** How long a draining link goes on serving. */
	readonly drainDeadlineMs?: number;
	/** How long the node has been up; a young one asks for a slow start. */
	readonly nodeAgeMs?: number;
	/** The share of its places that are taken, from 0 to 1. */
	readonly nodeLoad?: number;
	/** The node asks to be left for another of the configured ones. */
	readonly goElsewhere?: boolean;
}

/** Nothing that a node says reaches further than a day. */
export const LONGEST_HINT_MS = 24 * 3600 * 1000;

/**
 * A number of seconds as a node writes it, in milliseconds: digits, at most one decimal point.
 * Undefined where it is anything else. Longer than {@link LONGEST_HINT_MS} counts as that.
 */
export function secondsToMs(text: string | undefined): number | undefined {
	const trimmed = text?.trim() ?? '';
	if (!/^\d{1,15}(\.\d{1,9})?$/.test(trimmed)) {
		return undefined;
	}
	return boundedMs(Number(trimmed) * 1000);
}

/** A duration from outside: finite, not negative, at most {@link LONGEST_HINT_MS}; else undefined. */
export function boundedMs(value: unknown): number | undefined {
	if (typeof value !== 'number' || !(value >= 0)) {
		return undefined;
	}
	return Math.min(value, LONGEST_HINT_MS);
}

/** An HTTP date in the form that everybody has to send (RFC 9110, 5.6.7); undefined if it is anything else. */
export function httpDateMs(text: string | undefined): number | undefined {
	const trimmed = text?.trim() ?? '';
	const atMs =
		/^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(trimmed)
			? Date.parse(trimmed)
			: NaN;
	return Number.isNaN(atMs) ? undefined : atMs;
}

/**
 * The standard header: seconds, or an HTTP date (RFC 9110, 10.2.3), which is read against the moment of the answer by
 * the clock of whoever wrote it.
 */
export function parseRetryAfter(
	text: string | undefined,
	answeredAtMs: number,
): number | undefined {
	const seconds = secondsToMs(text);
	if (seconds !== undefined || text === undefined) {
		return seconds;
	}
	const atMs = httpDateMs(text);
	return atMs === undefined
		? undefined
		: boundedMs(Math.max(0, atMs - answeredAtMs));
}
