import type { NodeEntry } from './address.js';
import { hashText } from './hash.js';
import type { Found } from './found-nodes.js';
import type { NodeSettings } from './settings.js';

/** A node with what rendezvous hashing needs of it, computed once. */
export interface HashedNode {
	readonly entry: NodeEntry;
	readonly hash: number;
}

/** A number, and the moment when it was true. */
export interface Faded {
	readonly value: number;
	readonly atMs: number;
}

/** What is held against one node, or known about it. Kept only for nodes that have something. */
export interface NodeRecord {
	/** When the node was added to the known ones; undefined for those that were there from the start. */
	readonly newAtMs?: number;
	/** Failures that speak against the node. */
	readonly penalty?: Faded;
	/** Silence over UDP: it speaks against the node only as long as UDP is dialled. */
	readonly udpPenalty?: Faded;
	/** How long the node had been up when it said so. */
	readonly age?: Faded;
	/** The share of its places that were taken when it said so. */
	readonly load?: Faded;
	/** Attempts here that failed, and links that went at once, in a row. */
	readonly failures?: Faded;
	/** It does not want the device back before this; only chosen earlier where all others say so too. */
	readonly notBeforeMs?: number;
	/** When an attempt or a young link here last failed, since a link was last stable: who failed longest ago is next. */
	readonly triedAtMs?: number;
	/** A link came up here and has not proved stable yet. */
	readonly unproven?: boolean;
	/** How often its addresses were given a turn: which of them is tried first. */
	readonly turn?: number;
}

/** What the choice of node knows. A plain value: each change makes a new one. */
export interface NodesState {
	readonly settings: NodeSettings;
	readonly deviceHash: number;
	/** As configured. */
	readonly entries: readonly NodeEntry[];
	/** What can be dialled now: the entries, SRV names replaced by what they list. */
	readonly nodes: readonly HashedNode[];
	readonly records: Readonly<Record<string, NodeRecord>>;
	/** Where a link was last stable, and until when that was so, as far as is known. */
	readonly lastGood?: { readonly name: string; readonly atMs: number };
	/** A node refused this device but told it when to return, in its turn. */
	readonly reservation?: {
		readonly name: string;
		readonly untilMs: number;
		readonly refusals: number;
	};
	/** How long a node's population takes to come back, as a node last told. */
	readonly windowMs?: number;
	/** What was last found behind the configured names. */
	readonly found?: Found;
	/** When names were last resolved; undefined before the first time. */
	readonly resolvedAtMs?: number;
}

const hashed = new WeakMap<readonly NodeEntry[], readonly HashedNode[]>();

/** Kept for each list, since a simulated fleet of a million shares one. */
export function hashNodes(
	entries: readonly NodeEntry[],
): readonly HashedNode[] {
	let nodes = hashed.get(entries);
	if (nodes === undefined) {
		nodes = entries
			.filter((entry) => entry.srv === undefined)
			.map((entry) => ({ entry, hash: hashText(entry.name) }));
		hashed.set(entries, nodes);
	}
	return nodes;
}

/** A record of one shape for all nodes and devices: a simulated fleet makes millions. */
const NO_RECORD: NodeRecord = {
	newAtMs: undefined,
	penalty: undefined,
	udpPenalty: undefined,
	age: undefined,
	load: undefined,
	failures: undefined,
	notBeforeMs: undefined,
	triedAtMs: undefined,
	unproven: false,
	turn: 0,
};

/** The record with something changed. Each property is named: of a spread V8 makes a slow call and a larger object, a million times. */
function withRecordChange(
	before: NodeRecord,
	change: Partial<NodeRecord>,
): NodeRecord {
	const record: NodeRecord = {
		newAtMs: before.newAtMs,
		penalty: before.penalty,
		udpPenalty: before.udpPenalty,
		age: before.age,
		load: before.load,
		failures: before.failures,
		notBeforeMs: before.notBeforeMs,
		triedAtMs: before.triedAtMs,
		unproven: before.unproven,
		turn: before.turn,
	} satisfies Record<keyof NodeRecord, unknown>;
	return Object.assign(record, change);
}

/** The state with something changed; named as in a record. */
export function withChange(
	before: NodesState,
	change: Partial<NodesState>,
): NodesState {
	const state: NodesState = {
		settings: before.settings,
		deviceHash: before.deviceHash,
		entries: before.entries,
		nodes: before.nodes,
		records: before.records,
		lastGood: before.lastGood,
		reservation: before.reservation,
		windowMs: before.windowMs,
		found: before.found,
		resolvedAtMs: before.resolvedAtMs,
	} satisfies Record<keyof NodesState, unknown>;
	return Object.assign(state, change);
}

/** The state with one node's record changed. */
export function withRecord(
	state: NodesState,
	name: string,
	change: Partial<NodeRecord>,
): NodesState {
	const record = withRecordChange(state.records[name] ?? NO_RECORD, change);
	return withChange(state, { records: { ...state.records, [name]: record } });
}

/** How many nodes nothing was tried at since a link was last stable. */
export function countUntried({ nodes, records }: NodesState): number {
	return nodes.reduce(
		(sum, { entry }) =>
			sum + (records[entry.name]?.triedAtMs === undefined ? 1 : 0),
		0,
	);
}

/** From when on the next attempt may be made: a reservation is kept to, and without one some node has to be free. */
export function freeAtMs({ nodes, records, reservation }: NodesState): number {
	const ofNode = (name: string) => records[name]?.notBeforeMs ?? -Infinity;
	return reservation !== undefined
		? ofNode(reservation.name)
		: nodes.reduce(
				(least, { entry }) => Math.min(least, ofNode(entry.name)),
				Infinity,
			);
}

export function isKnown(state: NodesState, name: string): boolean {
	return state.nodes.some(({ entry }) => entry.name === name);
}
