import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import type { NodeAddress } from '../../../transport.js';

const BACKLOG = 4096;

/** Passes TCP connections on to a node, so that those of other programs can be reset. Loopback only. */
export class TcpRelay {
	readonly #pairs = new Map<Socket, Socket>();
	readonly #server;

	constructor({ host, port }: Pick<NodeAddress, 'host' | 'port'>) {
		this.#server = createServer((near) => {
			const far = connect({ host, port, noDelay: true });
			near.setNoDelay();
			this.#pairs.set(near, far);
			for (const [one, other] of [
				[near, far],
				[far, near],
			] as const) {
				one.on('error', () => undefined);
				one.on('close', () => {
					this.#pairs.delete(near);
					// What the one end suffered the other one sees.
					other.resetAndDestroy();
				});
				one.on('end', () => other.end());
			}
			near.pipe(far, { end: false }).pipe(near, { end: false });
		});
	}

	/** Resolves with its port on 127.0.0.1. */
	async listen(): Promise<number> {
		this.#server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
		await once(this.#server, 'listening');
		return (this.#server.address() as AddressInfo).port;
	}

	resetAll(): void {
		for (const [near, far] of this.#pairs) {
			near.resetAndDestroy();
			far.resetAndDestroy();
		}
	}

	close(): void {
		this.#server.close();
		this.resetAll();
	}
}
