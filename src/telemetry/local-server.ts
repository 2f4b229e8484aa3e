import {
	chmodSync,
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	unlinkSync,
} from 'node:fs';
import type { RequestListener, Server as HttpServer } from 'node:http';
import {
	connect,
	createServer,
	type AddressInfo,
	type Server,
	type Socket,
} from 'node:net';

import type { HealthAddress } from './address.js';

/** One more, and the oldest is closed: who holds connections open without asking must not keep others out. */
const CONNECTIONS_LIMIT = 64;
/** Connections that the system takes before we do; with Node's 511 a check would wait for the second try of its SYN. */
const BACKLOG = 4096;
const REQUEST_TIMEOUT_MS = 5000;
/** Node looks for requests that take too long this often; its default is 30 s. */
const TIMEOUT_CHECK_MS = 1000;

/** An HTTP server that only this machine reaches. */
export interface LocalServer {
	/** Where it listens, with the port that was given by the system. */
	readonly address: HealthAddress;
	/** Listens no longer; a socket file that it made is removed. */
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
 * not set one, changes the mode after. Resolves with whether it has its mode.
 */
function listen(
	server: Server,
	address: HealthAddress,
	mode: number,
): Promise<boolean> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		const before = maskFor(mode);
		try {
			server.listen({ ...address, backlog: BACKLOG }, () => {
				server.off('error', reject);
				resolve(before !== undefined);
			});
		} finally {
			if (before !== undefined) {
				process.umask(before);
			}
		}
	});
}

/** Whether nobody listens on a socket. Being connected to is enough to tell: an answer might never be complete. */
function isAbandoned(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const probe = connect({ path });
		probe.once('connect', () => {
			probe.destroy();
			resolve(false);
		});
		probe.once('error', (error: NodeJS.ErrnoException) => {
			resolve(error.code === 'ECONNREFUSED');
		});
	});
}

/** A socket that nobody listens on is left over from a run that was killed. */
async function sweep(path: string): Promise<void> {
	const stat = lstatSync(path, { throwIfNoEntry: false });
	if (stat?.isSocket() && (await isAbandoned(path))) {
		unlinkSync(path);
	}
}

/** Linux's O_PATH: a descriptor of the name itself, which is not followed and not opened. */
const O_PATH = 0o10000000;

/** Sets the mode of a socket and of nothing else: whoever owns the folder might have put a link in its place. */
function restrict(path: string, mode: number): void {
	if (process.platform !== 'linux') {
		chmodSync(path, mode);
		return;
	}
	// eslint-disable-next-line no-bitwise -- flags
	const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
	try {
		if (fstatSync(descriptor).isSocket()) {
			chmodSync(`/proc/self/fd/${descriptor}`, mode);
		}
	} finally {
		closeSync(descriptor);
	}
}

/** Closes the oldest connections beyond the limit. */
function limitConnections(server: Server): ReadonlySet<Socket> {
	const open = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		open.add(socket);
		socket.once('close', () => open.delete(socket));
		if (open.size > CONNECTIONS_LIMIT) {
			const [oldest] = open;
			open.delete(oldest!);
			oldest!.destroy();
		}
	});
	return open;
}

/** Speaks HTTP on connections that another server takes. */
async function loadHttp(listener: RequestListener): Promise<HttpServer> {
	const http = await import('node:http');
	const server = http.createServer(
		{
			requestTimeout: REQUEST_TIMEOUT_MS,
			headersTimeout: REQUEST_TIMEOUT_MS,
			connectionsCheckingInterval: TIMEOUT_CHECK_MS,
		},
		listener,
	);
	// It never listens itself, and looks for requests that take too long from this event on.
	server.emit('listening');
	return server;
}

/** Listens on a unix socket of a mode, or on a loopback port. Rejects where it cannot. */
export async function serveLocally(
	address: HealthAddress,
	mode: number,
	listener: RequestListener,
): Promise<LocalServer> {
	const server = createServer({
		allowHalfOpen: true,
		noDelay: true,
		pauseOnConnect: true,
	});
	const open = limitConnections(server);
	// Node's http costs a megabyte, which an agent that nobody asks does not need.
	let http: Promise<HttpServer> | undefined;
	server.on('connection', (socket) => {
		http ??= loadHttp(listener);
		void http.then((speaker) => {
			speaker.emit('connection', socket);
			socket.resume();
		});
	});
	if ('path' in address) {
		await sweep(address.path);
	}
	const hasMode = await listen(server, address, mode);
	if ('path' in address && !hasMode) {
		restrict(address.path, mode);
	}
	return {
		address:
			'path' in address
				? address
				: { ...address, port: (server.address() as AddressInfo).port },
		close: async () => {
			(await http)?.close();
			await new Promise<void>((resolve) => {
				server.close(() => {
					resolve();
				});
				open.forEach((socket) => socket.destroy());
			});
		},
	};
}
