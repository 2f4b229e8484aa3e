import { once } from 'node:events';
import * as net from 'node:net';
import { Worker } from 'node:worker_threads';

/** The kernel completes one handshake more than this by itself, then answers no SYN. */
const BACKLOG = 1;

/** Listens, says so, and never turns to its event loop again. */
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer();
server.on('error', (error) => parentPort.postMessage(error.code));
server.listen({ host: '127.0.0.1', port: workerData.port, backlog: ${BACKLOG} }, () => {
	parentPort.postMessage('listening');
	setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
`;

/**
 * A port on which the kernel answers no SYN (Linux): a listener that never accepts, with its queue
 * full. It listens on a thread whose event loop is blocked, and ends with this process at the latest.
 */
export class BlockedListener {
	readonly #worker: Worker;
	readonly #fillers: net.Socket[] = [];

	private constructor(worker: Worker) {
		this.#worker = worker;
	}

	static async open(port: number): Promise<BlockedListener> {
		const worker = new Worker(SCRIPT, {
			eval: true,
			execArgv: [],
			env: {},
			workerData: { port },
		});
		const [said] = (await once(worker, 'message')) as [string];
		if (said !== 'listening') {
			await worker.terminate();
			throw new Error(`Cannot block port ${port}: ${said}`);
		}
		worker.unref();
		const listener = new BlockedListener(worker);
		for (let i = 0; i <= BACKLOG; i++) {
			await once(listener.#fill(port), 'connect');
		}
		// These hang in their SYN; should there be room for one after all, it takes it.
		listener.#fill(port);
		listener.#fill(port);
		return listener;
	}

	async close(): Promise<void> {
		for (const filler of this.#fillers) {
			filler.destroy();
		}
		await this.#worker.terminate();
	}

	#fill(port: number): net.Socket {
		const socket = net.connect({ host: '127.0.0.1', port });
		socket.on('error', () => undefined);
		socket.unref();
		this.#fillers.push(socket);
		return socket;
	}
}
