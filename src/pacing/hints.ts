import type { PacingOptions } from './options.js';

/**
 * A duration that a node told, made safe: not below the floor, not above the ceiling, undefined where it is
 * no duration at all.
 */
export function clampedMs(
	said: number | undefined,
	options: PacingOptions,
): number | undefined {
	if (said === undefined || !(said >= 0)) {
		return undefined;
	}
	return Math.ceil(
		Math.max(options.hintFloorMs, Math.min(options.hintCeilingMs, said)),
	);
}
