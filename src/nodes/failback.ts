import type { NodeAddress } from '../transport.js';
import { withOrderedAddresses } from './addresses.js';
import { affinity, hashText, phase } from './hash.js';
import { forgivenAtMs } from './penalty.js';
import type { HashedNode, NodesState } from './state.js';

/** A wait is doubled at most so often: from a quarter of an hour to eight hours. */
const MAX_DOUBLINGS = 5;

/** Gives a device its moment; another text would give each device another one. */
const MOMENT = hashText('homewards');

export interface NodeFailbackDue {
	/** Monotonic milliseconds; in the past when it is overdue. */
	readonly at: number;
	readonly node: NodeAddress;
}

/** The node that a device would choose if nothing were held against any. */
export function preferredNode({
	nodes,
	deviceHash,
}: NodesState): HashedNode | undefined {
	const least = Math.min(...nodes.map(({ entry }) => entry.priority ?? 0));
	let preferred: HashedNode | undefined;
	let best = -Infinity;
	for (const node of nodes) {
		const { priority = 0, weight } = node.entry;
		const score = affinity(deviceHash, node.hash, weight);
		if (priority === least && score > best) {
			preferred = node;
			best = score;
		}
	}
	return preferred;
}

/**
 * When a device that sits on another node is to try its preferred one, beside the live link; undefined
 * where it is there. Without this a rolling deploy leaves the node that was drained last empty and the
 * first with twice its share, and a new node gets nobody until something breaks.
 *
 * Each device has its own moment, spread over `failbackAfterMs` or, where a node told how long its population
 * needs to come back, over twice that, so that the move asks for half of what the node can take. A preferred node
 * that fails is left alone for twice as long.
 */
export function nodeFailbackDue(
	state: NodesState,
	current: string,
): NodeFailbackDue | undefined {
	const preferred = preferredNode(state);
	const { lastGood, settings, records, reservation, windowMs = 0 } = state;
	if (
		preferred === undefined ||
		preferred.entry.name === current ||
		lastGood?.name !== current
	) {
		return undefined;
	}
	const { penalty, failures, newAtMs, notBeforeMs } =
		records[preferred.entry.name] ?? {};
	const sinceMs = Math.max(
		lastGood.atMs,
		// A fleet whose links are old learns of a new node all at once.
		newAtMs ?? -Infinity,
		penalty?.atMs ?? -Infinity,
		failures?.atMs ?? -Infinity,
	);
	const waitMs =
		Math.max(settings.failbackAfterMs, 2 * windowMs) *
		2 ** Math.min(failures?.value ?? 0, MAX_DOUBLINGS) *
		(0.5 + phase(state.deviceHash, MOMENT));
	const reservedMs =
		reservation?.name === preferred.entry.name
			? reservation.untilMs
			: -Infinity;
	return {
		at: Math.max(
			sinceMs + waitMs,
			forgivenAtMs(penalty, settings),
			reservedMs,
			notBeforeMs ?? -Infinity,
		),
		node: withOrderedAddresses(state, preferred.entry),
	};
}
