import type { Budget } from './budget.js';
import type { PacingOptions } from './options.js';
import type { Law, Wait } from './types.js';

/** What a device knows beyond one episode; it survives restart and reboot. */
export interface Knowledge {
	/** The device's own place in everything that is shared out, from 0 to 1; negative until it is drawn. */
	readonly phase: number;
	/** The reconnect window that a node told last; 0 where none did. */
	readonly windowMs: number;
	/** How long after the congestion began this device was let in, in the last herd; 0 before the first. */
	readonly recoveryMs: number;
}

/** All attempts from losing a link (or starting) until the next link is stable. Times are monotonic. */
export interface Episode {
	/** When the link was lost, or the agent started. */
	readonly sinceMs: number;
	/** When the congestion began, as far as this device can tell; undefined while there was none. */
	readonly congestedSinceMs?: number;
	/** When the last attempt began. */
	readonly attemptMs: number;
	/** Attempts so far. */
	readonly attempts: number;
	/** Unreachable attempts in a row, decayed by stable links. */
	readonly unreachable: number;
	/** Links in a row that went before they were stable, decayed by stable links. */
	readonly flaps: number;
	/** Rejected or misconfigured attempts in a row, decayed by stable links. */
	readonly refused: number;
	/** Nothing before this: a node said so. */
	readonly notBeforeMs: number;
	/** The retry-after that the last attempt kept to; 0 where it kept to none. */
	readonly slotMs: number;
	/** Slots that were kept to and were none. */
	readonly brokenSlots: number;
	/** The told window that this episode began with; 0 where it began without. */
	readonly windowMs: number;
	/** Refusals since the congestion began, by which the rule of memory counts its steps. */
	readonly refusals: number;
	/** What the last attempt ended on waits for the wall clock to be set. */
	readonly clockWrong: boolean;
}

/** A wait that is running. */
export interface Running {
	readonly wait: Wait;
	readonly untilMs: number;
	/** The law of the wait that it resumes after a restart. */
	readonly resumed?: Law;
}

/** An episode as it was remembered: durations instead of moments, since clocks restart. */
export interface Restored {
	readonly episode?: Episode;
	readonly waitMs: number;
	readonly law?: Law;
	readonly resumes: number;
}

/**
 * Everything that pacing holds for one device. Plain data, never changed in place; parts that did not
 * change are shared between one state and the next, which keeps a million of them cheap.
 */
export interface PacingState {
	readonly options: PacingOptions;
	readonly known: Knowledge;
	readonly budget: Budget;
	readonly networkUp: boolean;
	/** Since when a link has been up; undefined while none is. */
	readonly upSinceMs?: number;
	/** Kept while a link is up, until it proves stable. */
	readonly episode?: Episode;
	readonly running?: Running;
	/** Only between `createPacing` and `start`. */
	readonly restored?: Restored;
	/** Restarts in a row that found a wait running and made no attempt. */
	readonly resumes: number;
}

export function newEpisode(sinceMs: number): Episode {
	return {
		sinceMs,
		congestedSinceMs: undefined,
		attemptMs: sinceMs,
		attempts: 0,
		unreachable: 0,
		flaps: 0,
		refused: 0,
		notBeforeMs: sinceMs,
		slotMs: 0,
		brokenSlots: 0,
		windowMs: 0,
		refusals: 0,
		clockWrong: false,
	};
}
