import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

import type { HealthAddress } from './address.js';

const CONNECTIONS_LIMIT = 32;
const REQUEST_TIMEOUT_MS = 5000;

/** An HTTP server that only this machine reaches. */
export interface LocalServer {
	/** Where it listens, with the port that was given by the system. */
	readonly address: HealthAddress;
	close(): Promise<void>;
}

/** Sets the mask under which a socket has this mode. Undefined in a worker, which may not. */
function maskFor(mode: number): number | undefined {
	try {
		return process.umask(0o777 - mode);
	} catch {
		return undefined;
	}
}

/**
 * Listens. A unix socket is bound at once, under a mask that gives it its mode from the first moment; a worker, which must
 * not set one, changes the mode after.
 */
function listen(
	server: Server,
	address: HealthAddress,
	mode: number,
): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		const before = maskFor(mode);
		try {
			server.listen(address, () => {
				server.off('error', reject);
				resolve();
			});
		} finally {
			if (before !== undefined) {
				process.umask(before);
			}
		}
	});
}

async function answers(path: string): Promise<boolean> {
	const { request } = await import('node:http');
	return await new Promise((resolve) => {
		const probe = request({
			socketPath: path,
			path: '/healthz',
			timeout: 2000,
		});
		probe.on('response', (response) => {
			response.resume();
			resolve(true);
		});
		probe.on('timeout', () => {
			probe.destroy();
		});
		probe.on('error', () => {
			resolve(false);
		});
		probe.end();
	});
}

/** A socket that nobody listens on is left over from a run that was killed. */
async function sweep(path: string): Promise<void> {
	const stat = lstatSync(path, { throwIfNoEntry: false });
	if (stat?.isSocket() && !(await answers(path))) {
		unlinkSync(path);
	}
}

/** Listens on a unix socket of a mode, or on a loopback port. Rejects where it cannot. */
export async function serveLocally(
	address: HealthAddress,
	mode: number,
	listener: RequestListener,
): Promise<LocalServer> {
	// Node's http costs memory that an agent without health does not need.
	const { createServer } = await import('node:http');
	const server = createServer(listener);
	server.maxConnections = CONNECTIONS_LIMIT;
	server.requestTimeout = REQUEST_TIMEOUT_MS;
	server.headersTimeout = REQUEST_TIMEOUT_MS;
	if ('path' in address) {
		await sweep(address.path);
	}
	await listen(server, address, mode);
	if ('path' in address) {
		chmodSync(address.path, mode);
	}
	return {
		address:
			'path' in address
				? address
				: { ...address, port: (server.address() as AddressInfo).port },
		close: () =>
			new Promise((resolve) => {
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			}),
	};
}
