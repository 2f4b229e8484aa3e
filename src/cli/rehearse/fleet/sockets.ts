import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Node tells it of every TCP connection that this process dials. */
const CHANNEL = 'net.client.socket';

/** The TCP connections that this process has dialled and that are open, so that all can be reset at once. */
export class DialledSockets {
	readonly #sockets = new Set<Socket>();

	constructor() {
		subscribe(CHANNEL, this.#add);
	}

	/** Each ends as by an accident on the way: the node sees a reset, the agent an end without a word. */
	resetAll(): void {
		for (const socket of this.#sockets) {
			socket.resetAndDestroy();
		}
	}

	release(): void {
		unsubscribe(CHANNEL, this.#add);
	}

	readonly #add = (message: unknown) => {
		const { socket } = message as { socket: Socket };
		this.#sockets.add(socket);
		socket.once('close', () => this.#sockets.delete(socket));
	};
}
