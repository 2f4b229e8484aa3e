import { isIPv6 } from 'node:net';

/** Any port: connecting a UDP socket sends nothing. */
const DISCARD_PORT = 9;

/**
 * The device's own address on its way to another one: what the kernel answers when a UDP socket is connected, from
 * whichever routing table and rule applies. No packet is sent. Undefined where there is no way.
 */
export async function localAddressTo(
	address: string,
): Promise<string | undefined> {
	// Whoever never asks does not pay for it.
	const { createSocket } = await import('node:dgram');
	return await new Promise((resolve) => {
		const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
		socket.once('close', () => {
			resolve(undefined);
		});
		socket.on('error', () => {
			socket.close();
		});
		// Node's types leave out that the callback gets the error.
		socket.connect(DISCARD_PORT, address, (error?: Error) => {
			if (!error) {
				resolve(socket.address().address);
			}
			socket.close();
		});
	});
}
