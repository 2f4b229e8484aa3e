import type { Hint } from '../hint.js';
import type { Found } from '../nodes/index.js';
import type { Outcome } from '../outcome.js';
import type { Wait } from '../pacing/index.js';
import type { Random } from '../runtime/index.js';
import type { NodeAddress, TransportName } from '../transport.js';
import type { DecisionOptions } from './options.js';
import type { DecisionState } from './state.js';

/** What an attempt dials. */
export interface Target {
	readonly transport: TransportName;
	/** `host:port`; undefined where the transport has no choice of node. */
	readonly node: string | undefined;
}

/** Why a better link is tried beside the live one: its transport is preferred, or its node is the one that the device prefers. */
export type Failback = 'transport' | 'node';

/** One attempt to be made now. */
export interface Dial {
	readonly target: Target;
	/** The node of the target, with its addresses in the order in which they are to be tried. */
	readonly node: NodeAddress | undefined;
	/** Until then the connection has to be taken. */
	readonly connectDeadlineMs: number;
	/** How long it may stay silent then, before anything else is tried. */
	readonly aloneMs: number;
	/** How long a silent one is kept open beside later attempts, from its beginning on; 0 where that cannot be. */
	readonly keptMs: number;
	/** Set where it is made beside a live link, which stays as it is if the attempt fails. */
	readonly failback?: Failback;
	/** With `break-before-make` a failback is asked for by a probe first, and the live link has to go before the dial. */
	readonly handover: 'make-before-break' | 'break-before-make';
}

/** A link as it came up. */
export interface LinkUp {
	readonly target: Target;
	/** `host:port` that the link itself names; where there is no choice only the link knows it. */
	readonly peer: string;
	/** How long its attempt took. @default the time since the last attempt began */
	readonly tookMs?: number;
	/** In whose name it was made. @default the present one's */
	readonly uuid?: string;
}

/** What happened. Elapsed time comes with the context of each event; no decision keeps a clock. */
export type DecisionEvent =
	/** The device starts. Answered with the first wait. */
	| { readonly type: 'start' }
	/** The wait is over. Answered with a dial, or with a look-up that has to come first. */
	| { readonly type: 'due' }
	/** Names were looked up, as asked for; `due` or `review` is to be told again. */
	| { readonly type: 'resolved'; readonly found: Found }
	/** An attempt failed, or is kept in silence. Answered with a wait, unless a live link was there beside it. */
	| {
			readonly type: 'attempt-failed';
			readonly dial: Dial;
			readonly outcome: Outcome;
			/** How long it took, where something had to be done first. @default the time since it was decided */
			readonly tookMs?: number;
	  }
	/** A probe says that the way of a failback is open; the live link is about to be left for it. */
	| { readonly type: 'failback-open'; readonly dial: Dial }
	/** A link is up and authenticated. */
	| { readonly type: 'up'; readonly link: LinkUp }
	/** The time that the last answer named has come. */
	| { readonly type: 'review' }
	/** A link was told something. Answered with a wait if one was running that is too short for it. */
	| {
			readonly type: 'hint';
			readonly node: string | undefined;
			readonly hint: Hint;
	  }
	/** The link's node wants it to go; it serves on. Answered with the wait before its successor is dialled. */
	| { readonly type: 'link-draining'; readonly outcome: Outcome }
	/** The link is gone. Answered with a wait, or with a standby that takes over. */
	| { readonly type: 'link-ended'; readonly outcome: Outcome }
	/** We leave the link: at once, or (`serving`) once its successor is up. Answered with a wait. */
	| {
			readonly type: 'link-left';
			readonly outcome: Outcome;
			readonly serving: boolean;
	  }
	/** The link that stood by is gone. */
	| { readonly type: 'standby-ended' }
	/** Bytes that a link has moved since last told. */
	| { readonly type: 'traffic'; readonly bytes: number }
	/** The local network went, came back, or is another one. Answered with a wait if one was running and changes. */
	| {
			readonly type: 'network';
			readonly up: boolean;
			readonly id: string;
	  }
	/** The wall clock jumped, or the machine slept. */
	| { readonly type: 'clock-step' }
	/** A person asks for an attempt now. Answered with a wait of nothing if no node asked for the one that runs. */
	| { readonly type: 'retry-now' }
	/** The options changed. Answered with a wait if one was running for what they say no more. */
	| {
			readonly type: 'configured';
			readonly options: DecisionOptions;
			/** The key is another one. */
			readonly key: boolean;
	  };

/** Time and chance for one decision. */
export interface DecisionContext {
	/** Monotonic milliseconds. */
	readonly nowMs: number;
	readonly random: Random;
}

/** Why a link is no longer what the configuration asks for. */
export interface Leave {
	readonly outcome: Outcome;
	/** It serves on until its successor is up. */
	readonly serving: boolean;
}

/** What follows from an event. What is absent stays as it was. */
export interface Decision {
	readonly state: DecisionState;
	/** To be waited; then `due` is to be told. Replaces any wait that runs. */
	readonly wait?: Wait;
	/** Names are to be looked up first. */
	readonly resolve?: boolean;
	readonly dial?: Dial;
	/** The standby is the current link again. */
	readonly takeOver?: boolean;
	/** The current link is to be left, which is to be told as `link-left`. */
	readonly leave?: Leave;
	/** `review` is to be told in so long, while this link is current and serves. Replaces an earlier one. */
	readonly reviewInMs?: number;
	/** Why this transport, or why no attempt now; for people. */
	readonly why?: string;
}
