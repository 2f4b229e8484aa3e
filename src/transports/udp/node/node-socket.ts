import type { Socket } from 'node:dgram';

import { makeSocket } from '../stream/socket.js';
import type { Address } from '../wire/address.js';

export interface NodeSocketEvents {
	onDatagram(datagram: Buffer, from: Address): void;
}

/** A node's socket: bound, and heard by all. */
export class NodeSocket {
	readonly #socket: Socket;
	#isOpen = true;

	private constructor(
		socket: Socket,
		readonly port: number,
	) {
		this.#socket = socket;
	}

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
		if (this.#isOpen) {
			this.#socket.send(datagram, to.port, to.address);
		}
	}

	async close(): Promise<void> {
		if (this.#isOpen) {
			this.#isOpen = false;
			await new Promise<void>((resolve) => {
				this.#socket.close(resolve);
			});
		}
	}
}
