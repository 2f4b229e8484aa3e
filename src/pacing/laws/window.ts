import type { Random } from '../../runtime/index.js';
import type { Turn } from './congestion.js';

/** The numbers of this law; see `PacingOptions` for each. */
export interface WindowNumbers {
	readonly windowRetryFrom: number;
	readonly windowRetryEnds: readonly number[];
}

/** So close to an end the next one is taken. */
const CLOSE = 0.012;

/**
 * A device that was refused inside a told window W: uniform between max(now, from W) and the first of the ends
 * e W that is not yet close. Where all devices were told the window, few are refused, and those few find room
 * before the first end; where some were told none, more are, and the later ends are for them. Undefined once
 * the last end is close, and where there is no window.
 */
export function windowTurn(
	{ windowRetryFrom, windowRetryEnds }: WindowNumbers,
	windowMs: number,
	earliestMs: number,
	random: Random,
): Turn | undefined {
	const fromMs = Math.max(earliestMs, windowRetryFrom * windowMs);
	const end =
		windowRetryEnds.find((at) => fromMs < (at - CLOSE) * windowMs) ??
		windowRetryEnds.at(-1)!;
	const leftMs = end * windowMs - fromMs;
	return leftMs > 0
		? { atMs: fromMs + leftMs * random(), windowMs: leftMs }
		: undefined;
}
