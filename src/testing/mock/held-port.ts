import { once } from 'node:events';
import * as net from 'node:net';

const HOST = '127.0.0.1';
const TRIES = 50;

/** A port that stays a node's own, also while nothing listens on it. */
export interface HeldPort {
	readonly port: number;
	release(): void;
}

async function listen(server: net.Server, port: number): Promise<number> {
	server.listen(port, HOST);
	await once(server, 'listening');
	return (server.address() as net.AddressInfo).port;
}

function close(server: net.Server): Promise<void> {
	return new Promise((resolve) =>
		server.close(() => {
			resolve();
		}),
	);
}

async function hold(port: number): Promise<HeldPort> {
	const anchor = net.createServer();
	const far = once(anchor, 'connection') as Promise<[net.Socket]>;
	const anchorPort = await listen(anchor, 0);
	const near = net.connect({
		host: HOST,
		port: anchorPort,
		localAddress: HOST,
		localPort: port,
	});
	try {
		await once(near, 'connect');
		const [accepted] = await far;
		for (const socket of [near, accepted]) {
			socket.on('error', () => undefined);
			socket.unref();
		}
		return {
			port,
			release: () => {
				near.resetAndDestroy();
				accepted.destroy();
			},
		};
	} finally {
		far.catch(() => undefined);
		anchor.close();
	}
}

/**
 * Holds a TCP port by a connection of our own *from* it. One may still listen on it (both have
 * SO_REUSEADDR, and the holder does not listen), a dial to it is refused while nobody does, and the
 * kernel gives it to nobody else meanwhile: neither to a server, nor to a dial to that very port,
 * which would otherwise meet itself now and then and be "accepted".
 *
 * @param wanted a port, or 0 for a free one
 * @param alsoFree says whether the port is fit in other ways; asked while the port is held
 */
export async function holdPort(
	wanted: number,
	alsoFree: (port: number) => Promise<boolean>,
): Promise<HeldPort> {
	for (let tries = 1; ; tries++) {
		const finder = net.createServer();
		const port = await listen(finder, wanted);
		await close(finder);
		try {
			const held = await hold(port);
			if (await alsoFree(port)) {
				return held;
			}
			held.release();
			throw new Error(`Port ${port} is in use.`);
		} catch (error) {
			if (wanted !== 0 || tries === TRIES) {
				throw error;
			}
		}
	}
}
