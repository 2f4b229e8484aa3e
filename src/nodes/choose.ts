import type { Random } from '../runtime/index.js';
import type { NodeAddress, Transport } from '../transport.js';
import { withOrderedAddresses } from './addresses.js';
import { affinity } from './hash.js';
import { heldAgainst, weightOf } from './penalty.js';
import { withChange, type HashedNode, type NodesState } from './state.js';

/** What one choice hangs on. */
export interface ChooseContext {
	/** Monotonic milliseconds. */
	readonly nowMs: number;
	readonly random: Random;
	/** A node to take only if no other wants the device: one that drains. */
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
 * Chooses the node for the next attempt. In this order: the node that gave the device a turn; the node of a good
 * link that was lost just now, unless it says that it is young or heavy; else the first in the device's own order
 * among those that were not tried since a link was last stable and have the least held against them; else the one
 * that was tried longest ago. Last come those that said "not yet". Never nothing while a node is known.
 */
export function chooseNode(before: NodesState, context: ChooseContext): Choice {
	const state = forget(before, context.nowMs);
	const { nodes } = state;
	const chosen =
		(nodes.length === 1 ? nodes[0] : undefined) ??
		outOfOrder(state, context) ??
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
	return state.reservation !== undefined && nowMs > state.reservation.untilMs
		? withChange(state, { reservation: undefined })
		: state;
}

/** The node that is chosen in spite of the order. */
function outOfOrder(
	state: NodesState,
	context: ChooseContext,
): HashedNode | undefined {
	const { reservation, lastGood, nodes } = state;
	const { nowMs, avoid } = context;
	// Beside a live link somebody may look for a node while a turn is still far off.
	const isDue =
		reservation !== undefined && !isEarly(state, reservation.name, nowMs);
	const name = isDue ? reservation.name : lastGood?.name;
	if (name === undefined || name === avoid) {
		return undefined;
	}
	return isDue || isLastGood(state, name, context)
		? nodes.find(({ entry }) => entry.name === name)
		: undefined;
}

/** Whether the node of the last good link still deserves to be asked first. */
function isLastGood(
	{ settings, lastGood, records }: NodesState,
	name: string,
	{ nowMs, random, transport }: ChooseContext,
): boolean {
	if (
		lastGood === undefined ||
		nowMs - lastGood.atMs > settings.keepLastGoodMs
	) {
		return false;
	}
	const record = records[name];
	const stays = random() < weightOf(record, nowMs, settings);
	return (
		stays &&
		record?.triedAtMs === undefined &&
		(record?.notBeforeMs ?? nowMs) <= nowMs &&
		heldAgainst(record, transport, nowMs, settings) === 0
	);
}

function isEarly(
	{ records }: NodesState,
	name: string,
	nowMs: number,
): boolean {
	return (records[name]?.notBeforeMs ?? nowMs) > nowMs;
}

interface Ranked {
	readonly node: HashedNode;
	readonly avoided: boolean;
	/** How long until the node wants the device back. */
	readonly earlyMs: number;
	/** When it was tried last; -Infinity where it was not. */
	readonly triedAtMs: number;
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
		earlyMs: Math.max(0, (record?.notBeforeMs ?? nowMs) - nowMs),
		triedAtMs: record?.triedAtMs ?? -Infinity,
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
	if (a.earlyMs !== b.earlyMs) {
		return a.earlyMs < b.earlyMs;
	}
	if (a.avoided !== b.avoided) {
		return !a.avoided;
	}
	if (a.triedAtMs !== b.triedAtMs) {
		return a.triedAtMs < b.triedAtMs;
	}
	if (a.held !== b.held) {
		return a.held < b.held;
	}
	return a.priority === b.priority
		? a.score > b.score
		: a.priority < b.priority;
}
