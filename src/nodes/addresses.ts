import { isIPv6 } from 'node:net';

import type { NodeAddress } from '../transport.js';
import { affinity, hashText } from './hash.js';
import type { NodesState } from './state.js';

/** A node as this device dials it: the addresses in the device's own order, `skip` of them passed over. */
export function withOrderedAddresses(
	{ deviceHash, records }: NodesState,
	node: NodeAddress,
	skip = 0,
): NodeAddress {
	const { addresses, name } = node;
	if (addresses === undefined || addresses.length < 2) {
		return node;
	}
	const turn = (records[name]?.turn ?? 0) + skip;
	return { ...node, addresses: orderAddresses(addresses, deviceHash, turn) };
}

/**
 * The order in which a device tries the addresses behind one name. Each device has an order of its own
 * (rendezvous hashing again), so that a name with ten records spreads the fleet over ten addresses, evenly
 * and without anybody counting. `turn` moves on by one with each failure, so that all records are used.
 *
 * The families alternate (RFC 8305, 4), beginning with that of the first address: the system's resolver
 * puts a family that cannot be reached from here last (RFC 6724).
 */
export function orderAddresses(
	addresses: readonly string[],
	deviceHash: number,
	turn: number,
): readonly string[] {
	const firstIsV6 = isIPv6(addresses[0] ?? '');
	const first = rotate(
		addresses.filter((address) => isIPv6(address) === firstIsV6),
		deviceHash,
		turn,
	);
	const second = rotate(
		addresses.filter((address) => isIPv6(address) !== firstIsV6),
		deviceHash,
		turn,
	);
	const ordered: string[] = [];
	for (let i = 0; i < Math.max(first.length, second.length); i++) {
		ordered.push(...first.slice(i, i + 1), ...second.slice(i, i + 1));
	}
	return ordered;
}

function rotate(
	addresses: readonly string[],
	deviceHash: number,
	turn: number,
): string[] {
	const sorted = addresses
		.map((address) => ({
			address,
			score: affinity(deviceHash, hashText(address)),
		}))
		.sort((a, b) => b.score - a.score)
		.map(({ address }) => address);
	const start = sorted.length === 0 ? 0 : turn % sorted.length;
	return [...sorted.slice(start), ...sorted.slice(0, start)];
}
