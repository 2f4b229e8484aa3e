import type { PacingOptions } from './options.js';

/** A retry-after or window that is shorter counts as this. */
const HINT_FLOOR_MS = 1000;

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
		Math.max(HINT_FLOOR_MS, Math.min(options.hintCeilingMs, said)),
	);
}
