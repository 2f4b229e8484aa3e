import type { Random } from '../../runtime/index.js';
import type { Turn } from './congestion.js';

/** The numbers of this law; see `PacingOptions` for each. */
export interface MemoryNumbers {
	readonly hedgeFromMs: number;
	readonly hedgeToMs: number;
}

/** How much smaller than the remembered one a herd may be before a place between is tried. */
const SMALLER = 7;

/**
 * A device that was let in m after the congestion began, in the herd before. Once its first attempt was
 * refused, it tries
 *
 *     once between `hedgeFromMs` and `hedgeToMs`          this herd may be a small one
 *     for every k > 0 with m/7^k > `hedgeToMs`,
 *     once between m/7^k / 2 and m/7^k                    or smaller than the one remembered
 *     at m                                                the place that it had
 *
 * and then goes on by the law of congestion (undefined here): this herd is larger. With m = 180 s: at 14 to
 * 49 s, and 180 s. With m = 2000 s: at 14 to 49 s, 143 to 286 s, and 2000 s. With m = 40 s: at 40 s.
 *
 * To take the same place again is stable from herd to herd, for those places were served at the node's rate.
 */
export function memoryTurn(
	numbers: MemoryNumbers,
	recoveryMs: number,
	elapsedMs: number,
	earliestMs: number,
	random: Random,
): Turn | undefined {
	const { hedgeFromMs, hedgeToMs } = numbers;
	if (recoveryMs <= earliestMs) {
		return undefined;
	}
	const hedges = elapsedMs < hedgeFromMs && recoveryMs > hedgeToMs;
	if (hedges && earliestMs < hedgeToMs) {
		return between(Math.max(earliestMs, hedgeFromMs), hedgeToMs, random);
	}
	let atMs = recoveryMs;
	const lowest = Math.max(hedgeToMs, 2 * earliestMs);
	while (atMs / SMALLER > lowest) {
		atMs /= SMALLER;
	}
	return atMs === recoveryMs
		? { atMs, windowMs: 0 }
		: between(atMs / 2, atMs, random);
}

function between(fromMs: number, toMs: number, random: Random): Turn {
	const windowMs = toMs - fromMs;
	return { atMs: fromMs + windowMs * random(), windowMs };
}

/**
 * What to remember after being let in: the place of this herd, if there was none or it lies later. One that
 * was reached between keeps half of the old: the remembered herd was far larger than this one.
 */
export function learnedMs(
	numbers: MemoryNumbers,
	recoveryMs: number,
	tookMs: number,
): number {
	if (recoveryMs === 0 || tookMs >= recoveryMs) {
		return tookMs;
	}
	return tookMs > numbers.hedgeToMs && tookMs <= recoveryMs / SMALLER
		? recoveryMs / 2
		: recoveryMs;
}
