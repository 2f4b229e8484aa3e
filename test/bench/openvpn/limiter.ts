import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import {
	TokenBucket,
	type NodeCapacity,
} from '../../../src/simulator/engine/token-bucket.js';

const BACKLOG = 1024;

/** An admission limiter before an openvpn server: passes what its bucket admits, and resets the rest. */
export class Limiter {
	private bucket: TokenBucket | undefined;
	private port = 0;
	private readonly sockets = new Set<Socket>();
	private readonly server: Server;

	constructor(private readonly upstreamPort: number) {
		this.server = createServer((socket) => {
			this.admit(socket);
		});
	}

	async listen(): Promise<number> {
		this.server.listen(this.port, '127.0.0.1', BACKLOG);
		await once(this.server, 'listening');
		this.port = (this.server.address() as { port: number }).port;
		return this.port;
	}

	/** Resets every connection; who comes until {@link mend} is refused, as by a node that is down. */
	cut(): void {
		this.server.close();
		for (const socket of this.sockets) {
			socket.resetAndDestroy();
		}
	}

	/** Takes connections again, at its rate. */
	async mend(capacity: NodeCapacity): Promise<void> {
		this.bucket = new TokenBucket(capacity, performance.now());
		await this.listen();
	}

	close(): void {
		this.server.close();
		for (const socket of this.sockets) {
			socket.destroy();
		}
	}

	private admit(socket: Socket): void {
		const nowMs = performance.now();
		this.keep(socket);
		if (this.bucket?.admit(nowMs) === false) {
			socket.resetAndDestroy();
			return;
		}
		const onward = connect(this.upstreamPort, '127.0.0.1');
		this.keep(onward);
		socket.pipe(onward).pipe(socket);
		socket.once('close', () => onward.destroy());
		onward.once('close', () => socket.destroy());
	}

	private keep(socket: Socket): void {
		this.sockets.add(socket);
		socket.on('error', () => undefined);
		socket.once('close', () => this.sockets.delete(socket));
	}
}
