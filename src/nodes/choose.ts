import type { Random } from '../runtime/index.js';
import type { NodeAddress, Transport } from '../transport.js';
import { withOrderedAddresses } from './addresses.js';
import { affinity } from './hash.js';
import { heldAgainst, weightOf } from './penalty.js';
import type { HashedNode, NodesState } from './state.js';

/** What one choice hangs on. */
export interface ChooseContext {
	/** Monotonic milliseconds. */
	readonly nowMs: number;
	readonly random: Random;
	/** A node to take only if there is no other: one that drains. */
	readonly avoid?: string;
	/** What will be dialled, when that is known: silence over UDP counts only against UDP. */
	readonly transport?: Pick<Transport, 'carrier'>;
}

export interface Choice {
	/** Undefined only when nothing is configured, or SRV records alone are and none was ever found. */
	readonly node: NodeAddress | undefined;
	readonly state: NodesState;
}

/**
 * Chooses the node for the next attempt. In this order: the node where a place in the queue is kept; the
 * node of a good link that was lost just now, unless it says that it is young or heavy; else the first in
 * the device's own order among the nodes with the least held against them, those last that said "not yet".
 * Never nothing while a node is known.
 */
export function chooseNode(before: NodesState, context: ChooseContext): Choice {
	const state = forget(before, context.nowMs);
	const { nodes } = state;
	const chosen =
		(nodes.length === 1 ? nodes[0] : undefined) ??
		kept(state, context) ??
		state.nodes.reduce<Ranked | undefined>((best, node) => {
			const next = rank(state, node, context);
			return best === undefined || isBetter(next, best) ? next : best;
		}, undefined)?.node;
	if (chosen === undefined) {
		return { node: undefined, state };
	}
	// A drain of the only name there is: another of its addresses is another node, as far as anyone can tell.
	const skip = chosen.entry.name === context.avoid ? 1 : 0;
	return { node: withOrderedAddresses(state, chosen.entry, skip), state };
}

/** Drops what has lapsed. */
function forget(state: NodesState, nowMs: number): NodesState {
	return state.place !== undefined && nowMs > state.place.untilMs
		? { ...state, place: undefined }
		: state;
}

/** The node that is kept in spite of the order. */
function kept(
	state: NodesState,
	{ nowMs, random, avoid, transport }: ChooseContext,
): HashedNode | undefined {
	const { settings, place, lastGood } = state;
	// Beside a live link somebody may look for a node while a place is still far off.
	const isDue =
		place !== undefined &&
		(state.records[place.name]?.notBeforeMs ?? nowMs) <= nowMs;
	const recent =
		lastGood !== undefined && nowMs - lastGood.atMs <= settings.keepLastGoodMs;
	const name = isDue ? place.name : recent ? lastGood.name : undefined;
	if (name === undefined || name === avoid) {
		return undefined;
	}
	const record = state.records[name];
	if (!isDue) {
		const stays = random() < weightOf(record, nowMs, settings);
		if (!stays || heldAgainst(record, transport, nowMs, settings) > 0) {
			return undefined;
		}
	}
	return state.nodes.find(({ entry }) => entry.name === name);
}

interface Ranked {
	readonly node: HashedNode;
	readonly avoided: boolean;
	readonly early: boolean;
	readonly held: number;
	readonly priority: number;
	readonly score: number;
}

function rank(
	state: NodesState,
	node: HashedNode,
	{ nowMs, avoid, transport }: ChooseContext,
): Ranked {
	const { settings, deviceHash, records } = state;
	const { name, priority = 0, weight = 1 } = node.entry;
	const record = records[name];
	return {
		node,
		avoided: name === avoid,
		early: (record?.notBeforeMs ?? nowMs) > nowMs,
		held: heldAgainst(record, transport, nowMs, settings),
		priority,
		score: affinity(
			deviceHash,
			node.hash,
			weight * weightOf(record, nowMs, settings),
		),
	};
}

function isBetter(a: Ranked, b: Ranked): boolean {
	if (a.avoided !== b.avoided) {
		return !a.avoided;
	}
	if (a.early !== b.early) {
		return !a.early;
	}
	if (a.held !== b.held) {
		return a.held < b.held;
	}
	return a.priority === b.priority
		? a.score > b.score
		: a.priority < b.priority;
}
