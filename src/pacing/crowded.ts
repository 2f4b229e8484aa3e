import { nextTurn, type Turn } from './laws/congestion.js';
import { constantTurn } from './laws/constant.js';
import { memoryTurn } from './laws/memory.js';
import { windowTurn } from './laws/window.js';
import { seconds } from './settle.js';
import type { Episode, PacingState } from './state.js';
import type { Law, PacingContext, Wait } from './types.js';

/**
 * A device was refused by a crowded node that gave it no slot. What it knows decides: the window that it was
 * told, a retry-after that is the same for all, the last herd, or nothing but how long this one has lasted.
 */
export function crowded(
	{ options, known }: PacingState,
	episode: Episode,
	{ nowMs, random }: PacingContext,
): Wait {
	const sinceMs = episode.congestedSinceMs ?? episode.sinceMs;
	const elapsedMs = nowMs - sinceMs;
	const earliestMs =
		Math.max(nowMs + options.refusedFloorMs, episode.notBeforeMs) - sinceMs;
	const at = (law: Law, { atMs, windowMs }: Turn, why: string): Wait => ({
		law,
		delayMs: atMs - elapsedMs,
		windowMs,
		reason: `Refused ${seconds(elapsedMs)} into the congestion: ${why}`,
	});

	const rest = windowTurn(options, episode.windowMs, earliestMs, random);
	if (rest !== undefined) {
		const told = seconds(episode.windowMs);
		return at(
			'window',
			rest,
			`uniform over ${seconds(rest.windowMs)} towards the end of the told window of ${told}.`,
		);
	}
	if (episode.brokenSlots >= 1) {
		const times = Math.floor(episode.brokenSlots);
		const after = constantTurn(options, times, earliestMs, elapsedMs, random());
		return at(
			'congestion',
			after,
			`the node tells everybody the same retry-after, so spread over ${seconds(after.windowMs)} after it.`,
		);
	}
	if (known.recoveryMs > 0 && episode.windowMs === 0) {
		const again = memoryTurn(
			options,
			known.recoveryMs,
			elapsedMs,
			earliestMs,
			random,
		);
		if (again !== undefined) {
			return at(
				'memory',
				again,
				`in the last herd this device was let in after ${seconds(known.recoveryMs)}.`,
			);
		}
	}
	const turn = nextTurn(options, known.phase, earliestMs);
	return at(
		'congestion',
		turn,
		`the next turn of this device, in a window of ${seconds(turn.windowMs)}.`,
	);
}
