import type { PacingOptions } from '../options.js';

/**
 * A device that was in a herd before. After its first attempt was refused: once at a moment between
 * `hedgeFromMs` and `hedgeToMs` (this herd may be smaller than the last), then at the very moment at which
 * it was let in last time, then at growing distance (this herd is larger).
 *
 * To take the same place again is stable from herd to herd: those places were served at the node's rate.
 */
export function memoryTurnMs(
	options: PacingOptions,
	recoveryMs: number,
	refusals: number,
	elapsedMs: number,
	chance: number,
): number {
	const { hedgeFromMs, hedgeToMs } = options;
	if (refusals === 1 && elapsedMs < hedgeToMs) {
		const from = Math.max(hedgeFromMs, elapsedMs);
		return from + chance * (hedgeToMs - from);
	}
	if (recoveryMs > elapsedMs) {
		return recoveryMs;
	}
	const share = Math.min(0.8, 0.1 * 2 ** Math.max(0, refusals - 3));
	return elapsedMs + Math.max(10_000, share * elapsedMs) * (0.5 + chance);
}
