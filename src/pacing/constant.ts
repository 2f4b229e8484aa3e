import type { Outcome } from '../outcome.js';
import { clampedMs } from './hints.js';
import type { Episode, PacingState } from './state.js';

/** The end of a long queue may lie as far off again by chance; a shorter one that does is a constant. */
export const LONGEST_CONSTANT_MS = 300_000;
/** As whole seconds are told. */
const SAME_MS = 1000;

/**
 * A node that tells everybody the same retry-after. It looks like a slot, so the first is kept to; all who do come
 * back together, and the same again says that it is about nobody: it is no longer kept to.
 */
export function isConstant(
	{ slotMs, constantMs }: Episode,
	saidMs: number,
): boolean {
	const like = (ms: number) => ms > 0 && Math.abs(saidMs - ms) <= SAME_MS;
	return like(constantMs) || (slotMs <= LONGEST_CONSTANT_MS && like(slotMs));
}

/** Whether a refusal's retry-after is the same for all. */
export function saysConstant(
	{ episode, options }: PacingState,
	{ hint }: Outcome,
): boolean {
	const saidMs = clampedMs(hint?.retryAfterMs, options);
	return (
		episode !== undefined && saidMs !== undefined && isConstant(episode, saidMs)
	);
}
