import { once } from 'node:events';
import {
	createServer,
	type AddressInfo,
	type Server,
	type Socket,
} from 'node:net';

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
