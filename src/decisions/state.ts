import type { NodesState } from '../nodes/index.js';
import { createPacing, type PacingState } from '../pacing/index.js';
import { createSelection, type SelectionState } from '../selection/index.js';
import type { TransportName } from '../transport.js';
import type { DecisionOptions } from './options.js';

/** The current link, as far as decisions hang on it. */
export interface LinkState {
	readonly transport: TransportName;
	/** The node that was chosen; undefined where there was no choice. */
	readonly node: string | undefined;
	/** `host:port` that the link itself names. */
	readonly peer: string;
	readonly upAtMs: number;
	/** It has been up for the stable period. */
	readonly stable: boolean;
	/** It was told to go and serves on; its successor is under way. */
	readonly draining: boolean;
}

/** The whole link that was left for a better one, and until when it can take over again. */
export interface StandbyState {
	readonly link: LinkState;
	readonly untilMs: number;
}

/** A change of configuration that came while an attempt was under way. */
export interface Unheeded {
	readonly device: boolean;
	readonly elsewhere: boolean;
}

/** Everything that the decisions of one device hang on: plain data, never changed in place. */
export interface DecisionState {
	readonly options: DecisionOptions;
	readonly pacing: PacingState;
	readonly nodes: NodesState;
	readonly selection: SelectionState;
	readonly link: LinkState | undefined;
	readonly standby: StandbyState | undefined;
	/** The node that something was last heard of: what pacing knows was learnt there. */
	readonly lastNode: string | undefined;
	readonly unheeded: Unheeded | undefined;
	/** The transport of a silent attempt that is kept: the next attempt takes another, once. */
	readonly keptOver: TransportName | undefined;
}

/** A device that has never run before. */
export function createDecisions(options: DecisionOptions): DecisionState {
	const { uuid, nodes, nodeChoice } = options;
	return {
		options,
		pacing: createPacing(options.pacing),
		nodes: nodeChoice.create({ uuid, nodes }),
		selection: createSelection(selectionOptions(options)),
		link: undefined,
		standby: undefined,
		lastNode: undefined,
		unheeded: undefined,
		keptOver: undefined,
	};
}

/**
 * The state with what its cores know now. Each property is named, so that all states have one shape: of a spread V8
 * makes a slow call once it has seen several, and a simulated fleet changes its states millions of times.
 */
export function withCores(
	state: DecisionState,
	{
		pacing = state.pacing,
		nodes = state.nodes,
		selection = state.selection,
		lastNode = state.lastNode,
	}: Partial<
		Pick<DecisionState, 'pacing' | 'nodes' | 'selection' | 'lastNode'>
	>,
): DecisionState {
	return {
		options: state.options,
		pacing,
		nodes,
		selection,
		link: state.link,
		standby: state.standby,
		lastNode,
		unheeded: state.unheeded,
		keptOver: state.keptOver,
	};
}

export function selectionOptions({
	transports,
	returnAfterMs,
}: DecisionOptions) {
	return {
		transports: transports.map(({ name }) => name),
		returnAfterMs,
	};
}
