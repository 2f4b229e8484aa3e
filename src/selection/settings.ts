import type { Random } from '../runtime/index.js';

/** The numbers of the choice of transport. `docs/choosing.md` says where each comes from. */
export interface SelectionSettings {
	/** The first time that a blocked transport is left alone; doubles with each further verdict. @default 300_000 */
	readonly returnAfterMs: number;
	/** It is never left alone for longer than this (but for the jitter). @default 14_400_000 */
	readonly longestBlockMs: number;
	/** So many outcomes in a row that point to the path make a verdict. @default 2 */
	readonly failures: number;
	/** A failure longer ago than this is no longer in a row with the next. @default 3_600_000 */
	readonly failureMemoryMs: number;
	/** A link that was lost sooner than this after it came up was cut. @default 30_000 */
	readonly cutWithinMs: number;
	/** After a return the first failure renews the verdict, until a link has lasted this long. @default 600_000 */
	readonly probationMs: number;
	/**
	 * The same for a transport that was cut again and again: what cuts it (a balancer that is shuffled by each deploy) comes
	 * back after hours, so it is on probation for longer. @default 86_400_000
	 */
	readonly cutProbationMs: number;
	/** By how much the absence of a transport grows with each time that it was cut again. @default 6 */
	readonly cutGrowth: number;
}

export const SELECTION_SETTINGS: SelectionSettings = {
	returnAfterMs: 300_000,
	longestBlockMs: 4 * 3_600_000,
	failures: 2,
	failureMemoryMs: 3_600_000,
	cutWithinMs: 30_000,
	probationMs: 600_000,
	cutProbationMs: 24 * 3_600_000,
	cutGrowth: 6,
};

/** Time and chance for one event. */
export interface SelectionContext {
	/** Monotonic milliseconds. */
	readonly nowMs: number;
	readonly random: Random;
}
