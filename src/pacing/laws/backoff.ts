import type { PacingOptions } from '../options.js';

/** By how much the wait grows with each failure. */
const GROWTH = 4;
/** The share of a period that lies at least between two attempts once the period is reached. */
const APART = 0.7;

/**
 * After the n-th unreachable attempt in a row, with first wait f, growth g and period P:
 *
 *     f g^(n-1) (0.5 + u/2)                                   while that is below P/2
 *     the first of its own moments P (k + p) at least 0.7 P away     from then on
 *
 * u is drawn afresh, p is the device's own phase: a fleet at the cap is spread over the whole period.
 *
 * | n | default | cellular | lab |
 * | --- | --- | --- | --- |
 * | 1 | 1.5 to 3 s | 1.5 to 3 s | 0.25 to 0.5 s |
 * | 2 | 6 to 12 s | 6 to 12 s | 1 to 2 s |
 */
export function backoffMs(
	options: PacingOptions,
	failures: number,
	phase: number,
	sinceAnchorMs: number,
	chance: number,
): { delayMs: number; windowMs: number } {
	const { backoffFirstMs, backoffPeriodMs: period } = options;
	const grown = backoffFirstMs * GROWTH ** (failures - 1);
	if (grown < period / 2) {
		return { delayMs: grown * (0.5 + chance / 2), windowMs: grown };
	}
	const earliest = sinceAnchorMs + APART * period;
	const lap = Math.ceil(earliest / period - phase);
	return {
		delayMs: (lap + phase) * period - sinceAnchorMs,
		windowMs: period,
	};
}
