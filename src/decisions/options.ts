import type { NodeChoice, NodeEntry } from '../nodes/index.js';
import type { PacingOptions } from '../pacing/index.js';
import type { Transport } from '../transport.js';

/** What a decision needs to know of a transport. */
export type TransportTraits = Pick<Transport, 'name' | 'handover' | 'carrier'>;

/** What decisions are made for, and by: the part of an agent's options that they hang on. */
export interface DecisionOptions {
	readonly uuid: string;
	readonly nodeChoice: NodeChoice;
	/** May be empty where the transports know their own node. */
	readonly nodes: readonly NodeEntry[];
	/** In order of preference. */
	readonly transports: readonly TransportTraits[];
	/** First wait before a preferred transport is tried again beside the live link. */
	readonly returnAfterMs: number;
	/** How long a link that was left for a better one can take over again. */
	readonly standbyMs: number;
	readonly connectDeadlineMs: number;
	readonly pacing: PacingOptions;
}
