import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

import { localAddressTo } from '../../local-address.js';

/** Whether the system would now take another of the device's interfaces to the peer of a connected socket. */
export async function hasMoved(socket: unknown): Promise<boolean> {
	if (!(socket instanceof Socket)) {
		return false;
	}
	const { localAddress, remoteAddress } = socket;
	if (localAddress === undefined || remoteAddress === undefined) {
		return false;
	}
	const now = await localAddressTo(remoteAddress);
	return (
		now !== undefined &&
		now !== localAddress &&
		interfaceOf(now) !== interfaceOf(localAddress)
	);
}

/** By its interface, since IPv6 addresses of one uplink change by themselves (RFC 8981). */
function interfaceOf(address: string): string | undefined {
	return Object.entries(networkInterfaces()).find(([, infos]) =>
		infos?.some((info) => info.address === address),
	)?.[0];
}
