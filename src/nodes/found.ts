import { isIP } from 'node:net';

import type { NodeEntry } from './address.js';
import type { Found, FoundNode } from './found-nodes.js';
import { hashNodes, type NodesState } from './state.js';

export type { Found, FoundNode } from './found-nodes.js';

/** No more than this many addresses are kept over a restart, for the state file's sake. */
export const MAX_REMEMBERED_ADDRESSES = 128;

/**
 * The state after names were resolved. A name that `found` lacks keeps what was last found behind it; a
 * name that never was resolved is dialled as it stands, and the transport's own look-up has the last word.
 */
export function withAddresses(
	state: NodesState,
	found: Found,
	nowMs: number,
): NodesState {
	const known = new Set(state.entries.map(({ name }) => name));
	const fresh = Object.entries(found).filter(
		([name, some]) => known.has(name) && some.length > 0,
	);
	return rebuild(
		{
			...state,
			found: { ...state.found, ...Object.fromEntries(fresh) },
			resolvedAtMs: nowMs,
		},
		nowMs,
	);
}

/** The state with another list of configured nodes. What is known about those that remain stays known. */
export function withNodes(
	state: NodesState,
	entries: readonly NodeEntry[],
	nowMs: number,
): NodesState {
	return rebuild({ ...state, entries, resolvedAtMs: undefined }, nowMs);
}

function rebuild(state: NodesState, nowMs: number): NodesState {
	const { entries, found = {}, records, lastGood, reservation } = state;
	const nodes = hashNodes(dialable(entries, found));
	const names = new Set(nodes.map(({ entry }) => entry.name));
	const kept = Object.entries(records).filter(([name]) => names.has(name));
	const before = new Set(state.nodes.map(({ entry }) => entry.name));
	// Those that a device starts with are no news to it.
	const news =
		before.size === 0 ? [] : [...names].filter((name) => !before.has(name));
	return {
		...state,
		nodes,
		records: {
			...Object.fromEntries(kept),
			...Object.fromEntries(news.map((name) => [name, { newAtMs: nowMs }])),
		},
		lastGood: lastGood && names.has(lastGood.name) ? lastGood : undefined,
		reservation:
			reservation && names.has(reservation.name) ? reservation : undefined,
	};
}

/** Whether names should be resolved before the next attempt: at most one round in each `resolveEveryMs`. */
export function isResolutionDue(state: NodesState, nowMs: number): boolean {
	const { resolvedAtMs, settings, entries } = state;
	return (
		(resolvedAtMs === undefined ||
			nowMs - resolvedAtMs >= settings.resolveEveryMs) &&
		entries.some(({ srv, host }) => srv !== undefined || isIP(host) === 0)
	);
}

function dialable(
	entries: readonly NodeEntry[],
	found: Found,
): readonly NodeEntry[] {
	if (Object.keys(found).length === 0) {
		return entries;
	}
	const byName = new Map<string, NodeEntry>();
	for (const entry of entries) {
		const nodes = found[entry.name] ?? [];
		// DNS is not to be trusted with whom we talk to: what SRV records list is verified by the name that was
		// configured (RFC 6125, 6.2.1), not by a name that came from DNS.
		const ready =
			nodes.length === 0 && entry.srv === undefined
				? [entry]
				: nodes.map((node): NodeEntry => ({ ...node, host: entry.host }));
		for (const node of ready) {
			byName.set(node.name, byName.get(node.name) ?? node);
		}
	}
	return [...byName.values()];
}

/** As much of what was found as is worth a place on disk. */
export function limitRemembered(found: Found): Found {
	let left = MAX_REMEMBERED_ADDRESSES;
	const kept: Record<string, readonly FoundNode[]> = {};
	for (const [name, nodes] of Object.entries(found)) {
		const some = nodes
			.map((node) => {
				const addresses = node.addresses.slice(0, left);
				left -= addresses.length;
				return { ...node, addresses };
			})
			.filter(({ addresses }) => addresses.length > 0);
		if (some.length > 0) {
			kept[name] = some;
		}
	}
	return kept;
}
