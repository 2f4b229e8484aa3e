import type { Hint } from '../hint.js';

/**
 * The rules that a wait follows, each with when. `docs/pacing.md` has them as formulas.
 */
export const LAWS = {
	/** The spread of a first attempt: at `start()`, after boot, after the network came back. */
	spread: 'the first attempt of a start',
	/** After an attempt that no node noticed: quick and cheap. */
	local: 'nothing was asked of any node',
	/** After `unreachable`: jittered exponential with a cap. */
	backoff: 'unreachable',
	/** After `throttled` or `overloaded`: a window that grows with the time since the congestion began. */
	congestion: 'refused by a crowded node',
	/** After `drained` or `lost`: uniform over a reconnect window, told or default. */
	window: 'a link was lost',
	/** A place in the node's queue, kept to. */
	slot: 'the node said when',
	/** After `rejected` and `misconfigured`: slow and growing. */
	slow: 'not let in',
	/** The local network is down: no attempt is spent. */
	offline: 'the local network is down',
	/** The budget is used up. */
	budget: 'the budget is used up',
	/** What was left of a wait that a restart cut in two. */
	memory: 'a restart cut a wait in two',
} as const satisfies Record<string, string>;

/** The rule that a wait follows; see {@link LAWS}. */
export type Law = keyof typeof LAWS;

/** A decision: when the next attempt is, and why. */
export interface Wait {
	readonly law: Law;
	readonly delayMs: number;
	/** The window that the moment was drawn from, where there was one. */
	readonly windowMs?: number;
	/** The hint that was followed, where there was one. */
	readonly hint?: Hint;
	/** One sentence: which law, which hint, which window. */
	readonly reason: string;
}
