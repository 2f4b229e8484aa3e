import type { PacingOptions } from '../options.js';

/**
 * After the n-th rejected or misconfigured attempt in a row: min(longest, first x 2^(n-1)) x (0.5 + u/2).
 * By default 15 to 30 s, 30 to 60 s, 1 to 2 min, ... 30 to 60 min.
 */
export function slowMs(
	options: PacingOptions,
	refused: number,
	chance: number,
): { delayMs: number; windowMs: number } {
	const windowMs = Math.min(
		options.slowLongestMs,
		options.slowFirstMs * 2 ** (refused - 1),
	);
	return { delayMs: windowMs * (0.5 + chance / 2), windowMs };
}
