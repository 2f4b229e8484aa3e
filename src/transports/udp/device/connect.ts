import { Connection } from '../connection/connection.js';
import { Driver } from '../stream/driver.js';
import { UdpStream } from '../stream/stream.js';
import type { Runtime } from '../../../runtime/index.js';
import type { Line } from './line.js';

/**
 * After each so many probes in a row without an answer the device takes a new socket, since its own network may
 * have changed. Not after each: the node has to find the new address before it can answer there.
 */
const PROBES_BEFORE_NEW_SOCKET = 3;

/** A connection whose handshake may begin: TLS is put on the stream. */
export interface Dialled {
	readonly stream: UdpStream;
	readonly connection: Connection;
	readonly driver: Driver;
	/** Takes a new local address, as after a change of network; the old one serves until the new one does. */
	readonly rebind: () => void;
}

/** Under which IDs, and with what token, a connection begins. */
export interface Identity {
	readonly clientId: Buffer;
	readonly nonce: Buffer;
	readonly serverId: Buffer;
	readonly token: Buffer;
	readonly tokenSecret?: Buffer;
	readonly datagramBytes?: number;
	readonly roundTripMs?: number;
	readonly resumed?: boolean;
}

/** Makes a connection that speaks over a line. */
export function connect(
	options: {
		readonly runtime: Runtime;
		readonly randomBytes: (bytes: number) => Buffer;
		readonly keepaliveMs?: readonly [from: number, to: number];
	},
	line: Line,
	identity: Identity,
): Dialled {
	const { runtime, randomBytes, keepaliveMs } = options;
	const connection = new Connection({
		role: 'client',
		...identity,
		peer: line.peer,
		nowMs: runtime.clock.monotonicMs(),
		random: runtime.random,
		randomBytes,
		keepaliveMs,
	});
	const driver = new Driver(connection, runtime.clock, (datagram) => {
		line.socket.send(datagram);
	});
	const stream = new UdpStream(driver, runtime.clock);
	line.onDatagram = (datagram) => {
		driver.receive(datagram, line.peer);
	};
	line.onError = (cause) => {
		// Anybody can forge ICMP: it counts only while nothing better is known. Too large: the system cuts what comes after.
		if (
			cause.code !== 'EMSGSIZE' &&
			!connection.isAnswered &&
			!connection.ended
		) {
			connection.vanish({ reason: 'refused', cause });
			driver.turn();
		}
	};
	const rebind = () => {
		if (!connection.ended) {
			line.socket.open().catch(() => undefined);
		}
	};
	driver.onProbe = () => {
		// A socket stays bound to the local address it had; after a change of network only a new one gets through.
		const { ptoCount } = connection.recovery;
		if (
			connection.isConfirmed &&
			ptoCount > 0 &&
			ptoCount % PROBES_BEFORE_NEW_SOCKET === 0
		) {
			rebind();
		}
	};
	driver.onEnd = () => {
		line.socket.close();
	};
	return { stream, connection, driver, rebind };
}
