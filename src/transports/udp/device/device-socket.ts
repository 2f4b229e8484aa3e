import type { Socket } from 'node:dgram';

import { toError } from '../../../errors.js';
import { makeSocket } from '../stream/socket.js';
import type { Address } from '../wire/address.js';

export interface SocketEvents {
	onDatagram(datagram: Buffer): void;
	/** ICMP, or the system itself, says that nothing gets through. */
	onError(error: NodeJS.ErrnoException): void;
}

/**
 * A device's socket: connected, so that the kernel lets in only what comes from the node, and tells of ICMP.
 * It can be made anew on another local address, as when the network has changed; the old one is used until
 * the new one is ready, and heard until something came over the new one.
 */
export class DeviceSocket {
	#current: Socket | undefined;
	#previous: Socket | undefined;
	#next: Socket | undefined;

	readonly #events: SocketEvents;

	constructor(
		readonly peer: Address,
		events: SocketEvents,
	) {
		this.#events = events;
	}

	/** Resolves when datagrams may be sent; rejects when there is no route. */
	async open(): Promise<void> {
		const socket = makeSocket(this.peer.address);
		this.#next?.close();
		this.#next = socket;
		socket.on('message', (datagram) => {
			if (socket === this.#current) {
				this.#previous?.close();
				this.#previous = undefined;
			}
			this.#events.onDatagram(datagram);
		});
		try {
			await this.#connect(socket);
		} catch (error) {
			if (this.#next === socket) {
				this.#next = undefined;
				socket.close();
			}
			throw error;
		}
		if (this.#next === socket) {
			this.#next = undefined;
			this.#previous?.close();
			this.#previous = this.#current;
			this.#current = socket;
		}
	}

	async #connect(socket: Socket): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			socket.on('error', (error) => {
				if (socket === this.#current) {
					this.#events.onError(error);
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
		this.#current?.send(datagram);
	}

	close(): void {
		for (const socket of [this.#current, this.#previous, this.#next]) {
			socket?.close();
		}
		this.#current = this.#previous = this.#next = undefined;
	}
}
