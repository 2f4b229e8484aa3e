import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import type { Random } from '../runtime/index.js';
import type { Patience } from './laws/patience.js';
import type { PacingState } from './state.js';
import type { Targets } from './targets.js';
import type { Wait } from './wait.js';

export { LAWS, type Law, type Wait } from './wait.js';

/** What pacing is told. Elapsed time comes with each event; it keeps no clock. */
export type PacingEvent =
	/** The agent starts. Answered with the first wait. */
	| { readonly type: 'start' }
	/** An attempt begins now (it is charged to the budget). Answered with how long it may take. */
	| {
			readonly type: 'attempt';
			/** It can be kept open beside a later one. @default false */
			readonly keepable?: boolean;
			/** There is another way to try beside it while it stays silent. @default false */
			readonly otherWay?: boolean;
			/** It is the first at its node since a link was last stable, and another node was tried before. @default false */
			readonly next?: boolean;
	  }
	/** An attempt failed or the link ended, or its node told it to go (`drained`). Answered with a wait. */
	| {
			readonly type: 'ended';
			readonly outcome: Outcome;
			/** How long the attempt took that failed, where it began later than pacing was told. */
			readonly tookMs?: number;
			/** Absent where there is no choice of node. */
			readonly targets?: Targets;
	  }
	/** A link is up and authenticated. It counts as success only once it has been stable. */
	| {
			readonly type: 'up';
			/** How long its attempt took, where that is not the one that began last. */
			readonly tookMs?: number;
	  }
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
	| {
			readonly type: 'hint';
			readonly hint: Hint;
			/** Absent where there is no choice of node. */
			readonly targets?: Targets;
	  }
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
	/** Of an attempt that begins now. */
	readonly patience?: Patience;
}
