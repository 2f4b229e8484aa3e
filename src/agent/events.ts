import type { CloudlinkError } from '../errors.js';
import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import type { Law } from '../pacing/types.js';
import type { LinkStats, TransportName } from '../transport.js';
import type { StateName } from './state.js';

/** A live link as the agent's user sees it. */
export interface LinkView {
	readonly transport: TransportName;
	/** `host:port` of the node. */
	readonly node: string;
	/** What went over it so far. */
	stats(): LinkStats;
}

/** The device's network as the host sees it. */
export interface NetworkChange {
	/** Whether any network is there. */
	readonly up: boolean;
	/** Which network it is; evidence about transports is kept for each. @default 'default' */
	readonly id?: string;
}

/** What came of asking for an attempt now. */
export interface RetryNow {
	/** Whether a wait was ended. */
	readonly ended: boolean;
	/** Whose wait it was, in a sentence. */
	readonly reason: string;
}

/** A dial that begins. */
export interface AttemptEvent {
	/** Counts from 1 since `start()`. */
	readonly count: number;
	readonly transport: TransportName;
	/** Undefined where the transport has no choice of node. */
	readonly node: string | undefined;
}

/** A dial that failed, and why. */
export interface FailedEvent extends AttemptEvent {
	readonly outcome: Outcome;
}

/** How the current link ended. */
export interface DownEvent {
	readonly transport: TransportName;
	readonly node: string;
	readonly outcome: Outcome;
	/** How long the link was up. */
	readonly lastedMs: number;
}

/** When the next attempt is, and why then. */
export interface RetryEvent {
	/** What the wait follows. */
	readonly outcome: Outcome;
	readonly law: Law;
	readonly delayMs: number;
	/** When the next attempt is, in milliseconds since 1970 by this machine's clock. */
	readonly at: number;
	readonly hint: Hint | undefined;
	/** The window that the moment was drawn from, where there was one. */
	readonly windowMs: number | undefined;
	/** One sentence that explains the wait. */
	readonly reason: string;
}

/** The events of a CloudlinkAgent, by name. */
export interface AgentEvents {
	/** The state changed. */
	state: (state: StateName, previous: StateName) => void;
	/** A dial begins. */
	attempt: (attempt: AttemptEvent) => void;
	/** A dial failed; also one that was made beside a live link, which no `retry` follows. */
	failed: (failed: FailedEvent) => void;
	/** A link became the agent's current link. */
	up: (link: LinkView) => void;
	/** The current link is no more: it ended, or a successor takes its place. */
	down: (down: DownEvent) => void;
	/** After an outcome: when the next attempt is, and why then. */
	retry: (retry: RetryEvent) => void;
	/** Something is wrong that the agent can live with. */
	warning: (warning: CloudlinkError) => void;
}
