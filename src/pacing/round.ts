import { seconds } from './settle.js';
import type { Episode } from './state.js';
import type { PacingContext, Wait } from './types.js';

/** By then, from the beginning of the trouble on, each node was tried once. */
const ROUND_MS = 840_000;
/** And yet no quicker than this. */
const LEAST_MS = 15_000;

/**
 * A wait that is no longer than an even share of what is left of the first quarter of an hour for each node that was not
 * tried yet: some may be dead and others not. With up to six nodes the law of congestion is as quick by itself, so that
 * a fleet whose nodes are all crowded makes not one attempt more. Where a window was told, that is the round's length.
 */
export function roundInTime(
	wait: Wait,
	{ sinceMs, windowMs }: Episode,
	untried: number,
	{ nowMs }: PacingContext,
): Wait {
	if (untried === 0 || windowMs > 0) {
		return wait;
	}
	const shareMs = Math.max(LEAST_MS, (sinceMs + ROUND_MS - nowMs) / untried);
	return wait.delayMs <= shareMs
		? wait
		: {
				...wait,
				delayMs: shareMs,
				windowMs: shareMs,
				reason: `${untried} nodes were not tried yet: the next one in ${seconds(shareMs)}.`,
			};
}
