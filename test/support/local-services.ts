import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	connect,
	createServer,
	type AddressInfo,
	type Server,
	type Socket,
} from 'node:net';

import { until } from './until.js';

/** A TCP server on 127.0.0.1 that plays a service of the device. */
export class LocalService {
	readonly sockets: Socket[] = [];
	readonly #server: Server;

	static async start(
		onSocket: (socket: Socket) => void = () => undefined,
	): Promise<LocalService> {
		const service = new LocalService(onSocket);
		service.#server.listen(0, '127.0.0.1');
		await once(service.#server, 'listening');
		return service;
	}

	private constructor(onSocket: (socket: Socket) => void) {
		this.#server = createServer({ allowHalfOpen: true, noDelay: true });
		this.#server.on('connection', (socket) => {
			this.sockets.push(socket);
			socket.on('error', () => undefined);
			onSocket(socket);
		});
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** The n-th connection from the start, counted from 0. */
	async socket(index = 0): Promise<Socket> {
		while (this.sockets.length <= index) {
			await once(this.#server, 'connection');
		}
		return this.sockets[index]!;
	}

	async stop(): Promise<void> {
		for (const socket of this.sockets) {
			socket.destroy();
		}
		this.#server.close();
		await once(this.#server, 'close');
	}
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
	const service = await LocalService.start();
	const { port } = service;
	await service.stop();
	return port;
}

/** A listener whose queue is full: a SYN to it is not answered. */
export async function fullBacklog(): Promise<{
	port: number;
	stop(): Promise<void>;
}> {
	const child = spawn(
		process.execPath,
		[
			'-e',
			// It blocks before it could accept anything.
			`const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
				require('fs').writeSync(1, String(s.address().port));
				for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
			});`,
		],
		{ stdio: ['ignore', 'pipe', 'inherit'] },
	);
	const [line] = await once(child.stdout, 'data');
	const port = Number(line);
	const fillers = Array.from({ length: 8 }, () =>
		connect({ port, host: '127.0.0.1' }).on('error', () => undefined),
	);
	await until(
		() => fillers.filter(({ connecting }) => !connecting).length >= 2,
	);
	return {
		port,
		stop: async () => {
			for (const filler of fillers) {
				filler.destroy();
			}
			child.kill('SIGKILL');
			await once(child, 'close');
		},
	};
}
