import { Socket } from 'node:net';

import { localAddressTo } from '../../local-address.js';

/** Whether the system would now take another of the device's addresses to the peer of a connected socket. */
export async function hasMoved(socket: unknown): Promise<boolean> {
	if (!(socket instanceof Socket)) {
		return false;
	}
	const { localAddress, remoteAddress } = socket;
	if (localAddress === undefined || remoteAddress === undefined) {
		return false;
	}
	const now = await localAddressTo(remoteAddress);
	return now !== undefined && now !== localAddress;
}
