/* eslint-disable no-bitwise -- a hash is made of bits */

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998; weighted as in Schindelhauer and Schomaker, 2005):
 * every pair of a device and a node has a number of its own, and a device prefers the nodes by it. So the
 * fleet is spread evenly without anybody counting, a dead node's devices go evenly to all others, and a
 * new node draws only its share.
 *
 * The hash need not resist an adversary (a device can dial whichever node it likes), but it must be the
 * same in every version of this package, or an update would move the whole fleet: a test pins its values.
 */

/** FNV-1a over the UTF-16 code units of a text, mixed; 32 bits. */
export function hashText(text: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) {
		hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	}
	return mix(hash);
}

/** A bijection of 32 bits in which each bit of the input moves half of the output (MurmurHash3's last step). */
function mix(value: number): number {
	let x = value;
	x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
	x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
	return (x ^ (x >>> 16)) >>> 0;
}

/**
 * How much a device wants a node: larger is better. Of nodes with weights w, the share of devices that
 * want one most is its weight over the sum of all, and a change of one weight moves only devices from or
 * to that node.
 */
export function affinity(
	deviceHash: number,
	nodeHash: number,
	weight = 1,
): number {
	return -weight / Math.log(phase(deviceHash, nodeHash));
}

/** A number of the device's own for each purpose: uniform over devices, between 0 and 1. */
export function phase(deviceHash: number, purposeHash: number): number {
	return (mix(deviceHash ^ purposeHash) + 0.5) / 2 ** 32;
}
