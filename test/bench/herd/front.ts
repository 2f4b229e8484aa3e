import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import {
	TokenBucket,
	type NodeCapacity,
} from '../../../src/simulator/engine/token-bucket.js';

/** Connections that may wait to be accepted: a herd in step comes all at once. */
const BACKLOG = 4096;

/**
 * The admission limiter that stands in front of every server of the bench: it passes what the bucket admits on to the
 * server, and resets the rest. The bucket is the simulator's own.
 */
export class Front {
	/** When each attempt came, since the last crash. */
	attempts: number[] = [];
	/** Called whenever the number of passed connections changes. */
	onChange: (live: number, nowMs: number) => void = () => undefined;
	private bucket: TokenBucket | undefined;
	private readonly passed = new Map<Socket, Socket>();
	private readonly server: Server;

	constructor(private readonly upstreamPort: number) {
		this.server = createServer((socket) => {
			this.admit(socket);
		});
	}

	get live(): number {
		return this.passed.size;
	}

	async listen(): Promise<number> {
		this.server.listen(0, '127.0.0.1', BACKLOG);
		await once(this.server, 'listening');
		return (this.server.address() as { port: number }).port;
	}

	/** Resets every connection. From now on the limit holds, and attempts are counted. */
	crash(capacity: NodeCapacity): void {
		this.attempts = [];
		this.bucket = new TokenBucket(capacity, performance.now());
		for (const [socket, upstream] of this.passed) {
			socket.resetAndDestroy();
			upstream.destroy();
		}
		this.passed.clear();
	}

	async close(): Promise<void> {
		this.server.close();
		for (const [socket, upstream] of this.passed) {
			socket.destroy();
			upstream.destroy();
		}
		await once(this.server, 'close');
	}

	private admit(socket: Socket): void {
		const nowMs = performance.now();
		this.attempts.push(nowMs);
		socket.on('error', () => undefined);
		if (this.bucket && !this.bucket.admit(nowMs)) {
			socket.resetAndDestroy();
			return;
		}
		const upstream = connect(this.upstreamPort, '127.0.0.1');
		upstream.on('error', () => undefined);
		this.passed.set(socket, upstream);
		const gone = () => {
			socket.destroy();
			upstream.destroy();
			if (this.passed.get(socket) === upstream) {
				this.passed.delete(socket);
				this.onChange(this.live, performance.now());
			}
		};
		socket.on('close', gone);
		upstream.on('close', gone);
		socket.pipe(upstream).pipe(socket);
		this.onChange(this.live, nowMs);
	}
}
