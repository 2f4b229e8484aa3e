import type { Random } from '../../runtime/index.js';
import type { Turn } from './congestion.js';

/** A told window is used from this share of it on: first attempts of those who were told none come before. */
export const WINDOW_LEAD = 0.012;
/** A told window is used this much longer than told, so that its end is not crowded. */
export const WINDOW_STRETCH = 1.0485;
/** A device that was refused inside a told window tries again not before this share of it ... */
const RETRY_FROM = 0.5;
/**
 * ... and before so many windows have passed: the first of these that is not yet close. Where all devices were told
 * the window, few are refused, and those few find room before the first end; where some were told none, more are,
 * and the second is for them. The others are for a window that was told too short, and for a node so slow that
 * chance refuses many.
 */
const RETRY_ENDS = [
	{ at: 1.092, close: 0.012 },
	{ at: 1.117, close: 0.012 },
	{ at: 1.35, close: 0.15 },
	{ at: 1.7, close: 0.2 },
	{ at: 2.2, close: 0.3 },
	{ at: 2.8, close: 0.4 },
	{ at: 3.6, close: 0 },
];

/**
 * A device that was refused inside a told window W: uniform between max(now, from) and the next end. Undefined once
 * the last end is close, and where there is no window.
 *
 * @param toldAtDoor the herd runs already: there is nobody to leave the first half to
 */
export function windowTurn(
	windowMs: number,
	toldAtDoor: boolean,
	earliestMs: number,
	random: Random,
): Turn | undefined {
	const fromMs = Math.max(earliestMs, toldAtDoor ? 0 : RETRY_FROM * windowMs);
	const end = RETRY_ENDS.find(
		({ at, close }) => fromMs < (at - close) * windowMs,
	);
	const leftMs = (end?.at ?? 0) * windowMs - fromMs;
	return leftMs > 0
		? { atMs: fromMs + leftMs * random(), windowMs: leftMs }
		: undefined;
}
