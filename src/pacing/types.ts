import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import type { Random } from '../runtime/index.js';
import type { PacingState } from './state.js';

/** The rule that a wait follows. `docs/pacing.md` has each as a formula. */
export type Law =
	/** The spread of a first attempt: at `start()`, after boot, after the network came back. */
	| 'spread'
	/** After `unreachable`: jittered exponential with a cap. */
	| 'backoff'
	/** After `throttled` or `overloaded`: a window that grows with the time since the congestion began. */
	| 'congestion'
	/** After `drained` or `lost`: uniform over a reconnect window, told or default. */
	| 'window'
	/** A place in the node's queue, kept to. */
	| 'slot'
	/** After `rejected` and `misconfigured`: slow and growing. */
	| 'slow'
	/** The local network is down: no attempt is spent. */
	| 'offline'
	/** The budget is used up. */
	| 'budget'
	/** What was learned in an earlier herd, or a wait that a restart cut in two. */
	| 'memory';

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

/** What pacing is told. Elapsed time comes with each event; it keeps no clock. */
export type PacingEvent =
	/** The agent starts. Answered with the first wait. */
	| { readonly type: 'start' }
	/** An attempt begins now (it is charged to the budget). */
	| { readonly type: 'attempt' }
	/** An attempt failed or the link ended, or its node told it to go (`drained`). Answered with a wait. */
	| { readonly type: 'ended'; readonly outcome: Outcome }
	/** A link is up and authenticated. It counts as success only once it has been stable. */
	| { readonly type: 'up' }
	/** A link is left of our own accord. Answered with a wait: none, unless the way leads elsewhere. */
	| {
			readonly type: 'left';
			readonly reason: string;
			/** To nodes that the fleet did not use before, by a change of configuration that the fleet may share. */
			readonly elsewhere: boolean;
	  }
	/** The configuration changed. Answered with a wait if one was running for what it says no more. */
	| {
			readonly type: 'configured';
			/** Another uuid or key. */
			readonly device: boolean;
			/** The node that the wait is for is named no longer. */
			readonly elsewhere: boolean;
	  }
	/** A link was told something. Answered with a wait if one was running that is too short for it. */
	| { readonly type: 'hint'; readonly hint: Hint }
	/** The local network went or came back. Answered with a wait if one was running and changes. */
	| { readonly type: 'network'; readonly up: boolean }
	/** The wall clock jumped, or the machine slept. Answered with a wait if one was running and changes. */
	| { readonly type: 'clock-step' }
	/** Bytes that a link has moved since last told (charged to the budget). */
	| { readonly type: 'traffic'; readonly bytes: number };

/** Time and chance for one decision. */
export interface PacingContext {
	/** Monotonic milliseconds. */
	readonly nowMs: number;
	readonly random: Random;
}

/** What follows from an event: the state from now on, and the wait where there is a new one. */
export interface Paced {
	readonly state: PacingState;
	/** Replaces any wait that was running. */
	readonly wait?: Wait;
	/** Of an attempt that begins now: how long it may stay silent once its connection was taken. */
	readonly patienceMs?: number;
}
