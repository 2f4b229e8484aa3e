import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

import { localAddressTo } from '../../local-address.js';

/**
 * Which way a connected socket goes: `same` as the system would take now, or not known to be another; over an interface that it
 * would no longer take (`other`); or from an address that the device no longer has (`gone`), so that nothing can come back.
 */
export type Way = 'same' | 'other' | 'gone';

export async function wayOf(socket: unknown): Promise<Way> {
	if (!(socket instanceof Socket)) {
		return 'same';
	}
	const { remoteAddress } = socket;
	// An IPv4 address may be written as IPv6, and one of a link with its zone.
	const localAddress = socket.localAddress
		?.replace(/^::ffff:(?=\d+\.)/, '')
		.replace(/%.*$/, '');
	if (localAddress === undefined || remoteAddress === undefined) {
		return 'same';
	}
	const ours = interfaceOf(localAddress);
	if (ours === undefined) {
		return 'gone';
	}
	const now = await localAddressTo(remoteAddress);
	return now === undefined || now === localAddress || interfaceOf(now) === ours
		? 'same'
		: 'other';
}

/** By its interface, since IPv6 addresses of one uplink change by themselves (RFC 8981). */
function interfaceOf(address: string): string | undefined {
	return Object.entries(networkInterfaces()).find(([, infos]) =>
		infos?.some((info) => info.address === address),
	)?.[0];
}
