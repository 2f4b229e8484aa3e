import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import {
	setImmediate as turn,
	setTimeout as sleep,
} from 'node:timers/promises';
import { WebSocketServer } from 'ws';

import { createCertificateAuthority } from '../../src/testing/certificates.js';
import { systemClock, systemRandom } from '../../src/runtime/index.js';
import { WebSocketDuplex } from '../../src/transports/native/ws-duplex.js';
import { listenUdp } from '../../src/transports/udp/node/index.js';
import { Connection } from '../../src/transports/udp/connection/connection.js';
import type { Send } from '../../src/transports/udp/connection/transmitter.js';
import { Driver } from '../../src/transports/udp/stream/driver.js';
import {
	exportedKeys,
	type Keys,
	type PacketKey,
} from '../../src/transports/udp/wire/keys.js';
import { MAX_DATAGRAM_BYTES } from '../../src/transports/udp/wire/limits.js';
import { writeShortHeader } from '../../src/transports/udp/wire/packet.js';
import { Credit } from './credit.js';
import { ACK, DATA, frame, SETTINGS, wsFrame } from './frames.js';

export type CarrierName = 'websocket' | 'udp';

/** Ports of the device's services: one reads and says nothing, one never reads, one sends for ever. */
export interface Services {
	readonly reads: number;
	readonly stalls: number;
	readonly floods: number;
}

/** What drives the node's end of each UDP connection, by the device's port. */
const drivers = new Map<number, Driver>();
const { receive } = Driver.prototype;
Driver.prototype.receive = function (datagram, from) {
	drivers.set(from.port, this);
	receive.call(this, datagram, from);
};

/** What TLS exported, and how datagrams leave, so that a node can seal packets that its own code would not make. */
const exports = new WeakMap<Connection, Buffer>();
const sends = new WeakMap<Connection, Send>();
const { secure, flush } = Connection.prototype;
Connection.prototype.secure = function (exported) {
	exports.set(this, exported);
	secure.call(this, exported);
};
Connection.prototype.flush = function (nowMs, send) {
	sends.set(this, send);
	flush.call(this, nowMs, send);
};
/** Far from those that the node's own code uses. */
const FIRST_FORGED_NUMBER = 1_000_000;

/** A node's end of one connection, in the hands of an attack. */
export class Peer {
	readonly #socket: Duplex;
	readonly #closed: Promise<void>;
	#sent = 0;
	/** Of the device, over UDP. */
	udpPort: number | undefined;
	/** The answer that the upgrade waits for, where the attack gives it itself. */
	answer = '';

	constructor(socket: Duplex) {
		this.#socket = socket;
		this.#closed = new Promise((resolve) => {
			socket.once('close', resolve);
		});
		socket.on('error', () => undefined);
		socket.resume();
	}

	get alive(): boolean {
		return !this.#socket.destroyed && this.#socket.writable;
	}

	/** Bytes as they are. */
	async send(bytes: Buffer): Promise<void> {
		this.#sent += bytes.length;
		if (this.alive && !this.#socket.write(bytes)) {
			await Promise.race([once(this.#socket, 'drain'), this.#closed]).catch(
				() => undefined,
			);
		}
	}

	/** HTTP/2 in one message. */
	async tell(...frames: Buffer[]): Promise<void> {
		await this.send(wsFrame(Buffer.concat(frames)));
	}

	/** The same for ever, as fast as the device takes it. */
	async flood(bytes: Buffer): Promise<void> {
		while (this.alive) {
			await this.send(bytes);
			await turn();
		}
	}

	/** Keeps to HTTP/2 from now on: acknowledges the device's SETTINGS, and tells what it may be sent. */
	obey(): Credit {
		return new Credit(this.#socket, () => {
			void this.tell(frame(SETTINGS, ACK, 0));
		});
	}

	/** DATA for each of the streams in one message, once there is credit for all of it. */
	async tellData(
		credit: Credit,
		data: ReadonlyArray<readonly [stream: number, bytes: number]>,
	): Promise<void> {
		const wanted = new Map<number, number>();
		for (const [id, bytes] of data) {
			wanted.set(id, (wanted.get(id) ?? 0) + bytes);
		}
		while (this.alive && !credit.covers(wanted)) {
			await this.pauseFor(1);
		}
		credit.spend(wanted);
		await this.tell(
			...data.map(([id, bytes]) => frame(DATA, 0, id, Buffer.alloc(bytes))),
		);
	}

	/** Fills what the system holds for services that do not read, and little more: what comes next lies unread. */
	async clog(credit: Credit, streams: readonly number[]): Promise<void> {
		const open = new Set(streams);
		while (this.alive && open.size > 0) {
			for (const id of open) {
				// A device gives credit back by halves.
				if (credit.of(id) < credit.initial / 2) {
					open.delete(id);
				}
			}
			for (const id of open) {
				await this.tellData(credit, [[id, Math.min(16_000, credit.of(id))]]);
			}
			await this.pauseFor(20);
		}
	}

	/** Valid packets that bring nothing, for ever; over UDP alone. */
	async floodPackets(): Promise<void> {
		const driver = drivers.get(this.udpPort ?? 0);
		while (driver && this.alive) {
			for (let count = 0; count < 500; count++) {
				driver.connection.acks.tellNow(performance.now());
				driver.turn();
			}
			await turn();
		}
	}

	/**
	 * UDP packets with frames of the attack's own, sealed with the right key, each turn so many of them, for ever. A packet's number
	 * counts from 0; `numberOf` says which it has on the wire. `offset` is where the stream's next byte belongs.
	 */
	async forgePackets(
		framesOf: (count: number, offset: number) => Buffer,
		{
			numberOf = (count) => count,
			keyOf = ({ seal }) => seal,
			phaseOf = () => 0,
			perTurn = 200,
		}: {
			numberOf?: (count: number) => number;
			/** Called once for each packet, in order. */
			keyOf?: (keys: Keys) => PacketKey;
			phaseOf?: (count: number) => 0 | 1;
			perTurn?: number;
		} = {},
	): Promise<void> {
		const connection = drivers.get(this.udpPort ?? 0)?.connection;
		const exported = connection && exports.get(connection);
		const send = connection && sends.get(connection);
		if (!exported || !send) {
			throw new Error('There is no UDP connection to forge packets of.');
		}
		// Its own code would end the connection over ACKs of what it has not sent.
		connection.receive = () => undefined;
		const keys = exportedKeys('server', exported);
		for (let count = 0; this.alive && !connection.ended;) {
			for (const until = count + perTurn; count < until; count++) {
				const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES);
				const packetNumber = FIRST_FORGED_NUMBER + numberOf(count);
				const framesAt = writeShortHeader(
					datagram,
					connection.options.clientId,
					packetNumber,
					{ keyPhase: phaseOf(count) },
				);
				const end =
					framesAt + framesOf(count, this.#sent).copy(datagram, framesAt);
				send(
					keyOf(keys).seal(datagram, framesAt, end, packetNumber),
					connection.paths.active,
				);
			}
			await turn();
		}
	}

	/** Byte by byte, each in a record or segment of its own as far as the system lets us. */
	async drip(bytes: Buffer): Promise<void> {
		for (let at = 0; this.alive; at = (at + 1) % bytes.length) {
			await this.send(bytes.subarray(at, at + 1));
			if (at % 64 === 0) {
				await turn();
			}
		}
	}

	/** Time for the link to come up, and for services to be connected to. */
	async settle(): Promise<void> {
		await this.pauseFor(500);
	}

	async pauseFor(ms: number): Promise<void> {
		await Promise.race([sleep(ms), this.#closed]);
	}

	async over(): Promise<void> {
		await this.#closed;
	}

	pause(): void {
		this.#socket.pause();
	}

	destroy(): void {
		this.#socket.destroy();
	}
}

/** A node that hands its first connection to an attack, and is good to whoever comes after that. */
export class HostileNode {
	/** Resolves with the connection that is to be attacked. */
	readonly attacked: Promise<Peer>;
	#onAttacked!: (peer: Peer) => void;
	readonly #ends: Array<() => void> = [];
	#peer: Peer | undefined;
	#udpPort: number | undefined;
	address = '';
	ca: string | undefined;

	private constructor() {
		this.attacked = new Promise((resolve) => (this.#onAttacked = resolve));
	}

	static async start(
		carrier: CarrierName,
		early: boolean,
	): Promise<HostileNode> {
		const node = new HostileNode();
		const server = http.createServer();
		server.on('upgrade', (request: http.IncomingMessage, socket: Duplex) => {
			node.#onUpgrade(request, socket, early);
		});
		if (carrier === 'websocket') {
			server.listen(0, '127.0.0.1');
			await once(server, 'listening');
			const { port } = server.address() as AddressInfo;
			node.address = `127.0.0.1:${port}`;
			node.#ends.push(() => {
				server.closeAllConnections();
				server.close();
			});
			return node;
		}
		const { ca, issue } = await authority;
		const listener = await listenUdp({
			host: '127.0.0.1',
			port: 0,
			tls: await issue(),
			runtime: { clock: systemClock, random: systemRandom },
			onSession: (session, remote, loggedIn) => {
				loggedIn();
				node.#udpPort ??= remote.port;
				session.on('error', () => undefined);
				server.emit('connection', session);
			},
		});
		node.ca = ca;
		node.address = `127.0.0.1:${listener.port}`;
		node.#ends.push(() => void listener.close());
		return node;
	}

	#onUpgrade(
		request: http.IncomingMessage,
		socket: Duplex,
		early: boolean,
	): void {
		socket.on('error', () => undefined);
		(socket as Partial<Socket>).setNoDelay?.(true);
		if (this.#peer) {
			serveWell(request, socket);
			return;
		}
		const peer = new Peer(socket);
		peer.udpPort = this.#udpPort;
		this.#peer = peer;
		peer.answer = acceptOf(request);
		if (!early) {
			void peer.send(Buffer.from(peer.answer));
		}
		this.#onAttacked(peer);
	}

	stop(): void {
		this.#peer?.destroy();
		for (const end of this.#ends) {
			end();
		}
	}
}

const authority = createCertificateAuthority();

/** The 101 (RFC 6455, 4.2.2). */
function acceptOf({ headers }: http.IncomingMessage): string {
	const accept = createHash('sha1')
		.update(
			`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
		)
		.digest('base64');
	return [
		'HTTP/1.1 101 Switching Protocols',
		'Upgrade: websocket',
		'Connection: Upgrade',
		`Sec-WebSocket-Accept: ${accept}`,
		`Sec-WebSocket-Protocol: ${headers['sec-websocket-protocol']}`,
		'\r\n',
	].join('\r\n');
}

const good = new WebSocketServer({ noServer: true, perMessageDeflate: false });

function serveWell(request: http.IncomingMessage, socket: Duplex): void {
	good.handleUpgrade(request, socket, Buffer.alloc(0), (ws) => {
		const duplex = new WebSocketDuplex(ws);
		duplex.on('error', () => undefined);
		const session = http2.connect('http://device', {
			createConnection: () => duplex,
		});
		session.on('error', () => undefined);
		duplex.once('close', () => {
			session.destroy();
		});
	});
}

/** The device's services, outside of its process: their memory is not the agent's. */
export async function startServices(): Promise<
	Services & { stop: () => void }
> {
	const sockets = new Set<Socket>();
	const servers: Server[] = [];
	const serve = async (use: (socket: Socket) => void) => {
		const server = createServer((socket) => {
			sockets.add(socket);
			socket.once('close', () => sockets.delete(socket));
			socket.on('error', () => undefined);
			use(socket);
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		servers.push(server);
		return (server.address() as AddressInfo).port;
	};
	const chunk = Buffer.alloc(16_384);
	return {
		reads: await serve((socket) => socket.resume()),
		stalls: await serve((socket) => socket.pause()),
		floods: await serve((socket) => {
			const more = () => {
				for (let room = true; room && !socket.destroyed;) {
					room = socket.write(chunk);
				}
			};
			socket.on('drain', more);
			more();
		}),
		stop: () => {
			for (const socket of sockets) {
				socket.destroy();
			}
			for (const server of servers) {
				server.close();
			}
		},
	};
}
