import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** What is asked of the kernel, which may give less; its default holds 170 datagrams. */
const SOCKET_BUFFER_BYTES = 2 * 1024 * 1024;

type Lookup = (
	host: string,
	options: unknown,
	callback: (error: null, address: string, family: number) => void,
) => void;

/** Node looks up also what is an address already, for each datagram and a tick later; this answers at once. */
function lookupFor(family: 4 | 6): Lookup {
	return (host, _options, callback) => {
		callback(null, host, family);
	};
}

/** An unbound socket of the address's family. */
export function makeSocket(address: string): Socket {
	const family = isIPv6(address) ? 6 : 4;
	return createSocket({
		type: `udp${family}`,
		recvBufferSize: SOCKET_BUFFER_BYTES,
		sendBufferSize: SOCKET_BUFFER_BYTES,
		lookup: lookupFor(family),
	});
}
