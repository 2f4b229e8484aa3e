import type { Turn } from './congestion.js';

/** The numbers of this law; see `PacingOptions` for each. */
export interface ConstantNumbers {
	readonly constantSpread: number;
}

/**
 * A node that tells everybody the same retry-after. It looks like a slot, so the first is kept to; all who do
 * come back together and are refused again, which gives it away. From then on it is only a floor: with f the
 * floor and t the time, both from when the congestion began, and n the refusals since it was given away,
 *
 *     n = 1    uniform over f ... f + spread t
 *     n > 1    f + k t (0.5 + u),     k = 0.1, 0.2, 0.4, 0.8, 0.8, ...
 *
 * For 30 s and spread 7: refused at 34 s, so 64 to 302 s; refused at 150 s, so 188 to 203 s.
 */
export function constantTurn(
	numbers: ConstantNumbers,
	times: number,
	floorMs: number,
	elapsedMs: number,
	chance: number,
): Turn {
	const first = times === 1;
	const windowMs =
		elapsedMs *
		(first ? numbers.constantSpread : Math.min(0.8, 0.1 * 2 ** (times - 2)));
	return {
		atMs: floorMs + windowMs * (first ? chance : 0.5 + chance),
		windowMs,
	};
}
