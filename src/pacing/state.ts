import type { Random } from '../runtime/index.js';
import type { Budget } from './budget.js';
import type { PacingOptions } from './options.js';
import type { Law, Wait } from './wait.js';

/** What a device knows beyond one episode; it survives restart and reboot. */
export interface Knowledge {
	/** The reconnect window that a node told last; 0 where none did. */
	readonly windowMs: number;
	/** How long an attempt has to be waited for, as far as was learned from a queue; 0 where none was met. */
	readonly patienceMs: number;
	/** A node let this device in with the key that it has. */
	readonly keyWorked: boolean;
}

/** All attempts from losing a link (or starting) until the next link is stable. Times are monotonic. */
export interface Episode {
	/** When the link was lost, or the agent started. */
	readonly sinceMs: number;
	/** When the congestion began, as far as this device can tell; undefined while there was none. */
	readonly congestedSinceMs?: number;
	/** The device's own share of every turn and period, from 0 to 1, which moves a little with each turn; negative until it is drawn, once an episode. */
	readonly phase: number;
	/** When the last attempt began. */
	readonly attemptMs: number;
	/** Attempts so far. */
	readonly attempts: number;
	/** Attempts in a row that no node noticed. */
	readonly local: number;
	/** The link fell silent, and nothing has come back since. */
	readonly unheard: boolean;
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
	/** Slots that were kept to and were none; from 1 on none is believed. */
	readonly brokenSlots: number;
	/** The retry-after that turned out to be the same for all, and so says nothing; 0 where there is none. */
	readonly constantMs: number;
	/** The told window that this episode goes by; 0 where there is none. */
	readonly windowMs: number;
	/** It was told at the door, to a herd that ran already. */
	readonly toldAtDoor: boolean;
	/** Refusals since the congestion began, by which patience grows. */
	readonly refusals: number;
	/** The last attempt can be kept while another way is tried beside it. */
	readonly otherWay: boolean;
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
	/** When the last attempt began, of whichever episode; undefined before the first. */
	readonly attemptedMs?: number;
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

/**
 * The state with another wait, or none, and what came with it. Each property is named, so that all states have one
 * shape: of a spread V8 makes a slow call once it has seen several, and a simulated fleet makes millions.
 */
export function withRunning(
	state: PacingState,
	running: Running | undefined,
	{
		known = state.known,
		budget = state.budget,
		attemptedMs = state.attemptedMs,
		upSinceMs = state.upSinceMs,
		episode = state.episode,
		resumes = state.resumes,
	}: Partial<PacingState> = {},
): PacingState {
	return {
		options: state.options,
		known,
		budget,
		networkUp: state.networkUp,
		resumes,
		attemptedMs,
		upSinceMs,
		episode,
		running,
		restored: state.restored,
	} satisfies Record<keyof PacingState, unknown>;
}

/** With its own phase, drawn on first use. */
export function withPhase(episode: Episode, random: Random): Episode {
	return episode.phase >= 0 ? episode : { ...episode, phase: random() };
}

export function newEpisode(sinceMs: number): Episode {
	return {
		sinceMs,
		phase: -1,
		congestedSinceMs: undefined,
		attemptMs: sinceMs,
		attempts: 0,
		local: 0,
		unheard: false,
		unreachable: 0,
		flaps: 0,
		refused: 0,
		notBeforeMs: sinceMs,
		slotMs: 0,
		brokenSlots: 0,
		constantMs: 0,
		windowMs: 0,
		toldAtDoor: false,
		refusals: 0,
		otherWay: false,
		clockWrong: false,
	};
}
