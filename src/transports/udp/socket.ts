import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

import { toError } from '../../errors.js';
import type { Address } from './path.js';

/** What is asked of the kernel, which may give less; its default holds 170 datagrams. */
const SOCKET_BUFFER_BYTES = 2 * 1024 * 1024;

export interface SocketEvents {
	onDatagram(datagram: Buffer): void;
	/** ICMP, or the system itself, says that nothing gets through. */
	onError(error: NodeJS.ErrnoException): void;
}

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

function makeSocket(address: string): Socket {
	const family = isIPv6(address) ? 6 : 4;
	return createSocket({
		type: `udp${family}`,
		recvBufferSize: SOCKET_BUFFER_BYTES,
		sendBufferSize: SOCKET_BUFFER_BYTES,
		lookup: lookupFor(family),
	});
}

/**
 * A device's socket: connected, so that the kernel lets in only what comes from the node, and tells of ICMP.
 * It can be made anew on another local address, as when the network has changed; the old one is used until
 * the new one is ready, and heard until something came over the new one.
 */
export class DeviceSocket {
	private current: Socket | undefined;
	private previous: Socket | undefined;
	private next: Socket | undefined;

	constructor(
		readonly peer: Address,
		private readonly events: SocketEvents,
	) {}

	/** Resolves when datagrams may be sent; rejects when there is no route. */
	async open(): Promise<void> {
		const socket = makeSocket(this.peer.address);
		this.next?.close();
		this.next = socket;
		socket.on('message', (datagram) => {
			if (socket === this.current) {
				this.previous?.close();
				this.previous = undefined;
			}
			this.events.onDatagram(datagram);
		});
		try {
			await this.connect(socket);
		} catch (error) {
			if (this.next === socket) {
				this.next = undefined;
				socket.close();
			}
			throw error;
		}
		if (this.next === socket) {
			this.next = undefined;
			this.previous?.close();
			this.previous = this.current;
			this.current = socket;
		}
	}

	private async connect(socket: Socket): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			socket.on('error', (error) => {
				if (socket === this.current) {
					this.events.onError(error);
				}
				reject(error);
			});
			socket.once('close', () => {
				reject(new Error('The UDP socket was closed.'));
			});
			try {
				// Node's types leave it out, but without a route the callback gets an error, and a send would throw.
				socket.connect(this.peer.port, this.peer.address, (error?: Error) => {
					if (error) {
						reject(error);
					} else {
						resolve();
					}
				});
			} catch (error) {
				reject(toError(error));
			}
		});
	}

	/** A datagram that cannot be sent now is one that got lost. */
	send(datagram: Buffer): void {
		this.current?.send(datagram);
	}

	close(): void {
		for (const socket of [this.current, this.previous, this.next]) {
			socket?.close();
		}
		this.current = this.previous = this.next = undefined;
	}
}

export interface NodeSocketEvents {
	onDatagram(datagram: Buffer, from: Address): void;
}

/** A node's socket: bound, and heard by all. */
export class NodeSocket {
	private constructor(
		private readonly socket: Socket,
		readonly port: number,
	) {}

	private isOpen = true;

	static async bind(
		host: string,
		port: number,
		events: NodeSocketEvents,
	): Promise<NodeSocket> {
		const socket = makeSocket(host);
		await new Promise<void>((resolve, reject) => {
			socket.once('error', reject);
			socket.bind(port, host, () => {
				socket.off('error', reject);
				resolve();
			});
		}).catch((error: unknown) => {
			socket.close();
			throw error;
		});
		// One device's ICMP must not end the others' socket.
		socket.on('error', () => undefined);
		socket.on('message', (datagram, from) => {
			events.onDatagram(datagram, from);
		});
		return new NodeSocket(socket, socket.address().port);
	}

	send(datagram: Buffer, to: Address): void {
		if (this.isOpen) {
			this.socket.send(datagram, to.port, to.address);
		}
	}

	async close(): Promise<void> {
		if (this.isOpen) {
			this.isOpen = false;
			await new Promise<void>((resolve) => {
				this.socket.close(resolve);
			});
		}
	}
}
