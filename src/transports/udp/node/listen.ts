import { randomBytes as systemBytes } from 'node:crypto';
import { createSecureContext, TLSSocket } from 'node:tls';

import { Acceptor, type AcceptorStats } from './acceptor.js';
import type { Holder } from './acceptor-options.js';
import type { AcceptorLimits } from './acceptor-options.js';
import type { Admission } from './acceptor-options.js';
import type { Connection } from '../connection/connection.js';
import { Driver } from '../stream/driver.js';
import type { End } from '../connection/end.js';
import { CLOSE } from '../wire/frames.js';
import type { Address } from '../wire/address.js';
import { NodeSocket } from './node-socket.js';
import { UdpStream } from '../stream/stream.js';
import { leaveTls } from '../stream/leave-tls.js';
import type { Runtime } from '../../../runtime/index.js';

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_RECORD = 22;

export interface ListenOptions {
	/** The address to bind. */
	readonly host: string;
	/** 0 = any free one. */
	readonly port: number;
	/** PEM. */
	readonly tls: { readonly cert: string; readonly key: string };
	/**
	 * 32 random bytes of this node alone, by which stateless resets and tokens for the next connection are proven. Kept over a restart,
	 * devices learn of it at once; shared with another node, either could end the other's links. @default made at each start
	 */
	readonly secret?: Buffer;
	readonly runtime: Runtime;
	/** Asked once for each attempt, before TLS costs anything. @default everybody */
	readonly admit?: (remote: Address) => Admission;
	/** A device's handshake is done; what it says on the stream that its keys seal is the caller's. Until `loggedIn` is called it may be dropped when others need room. */
	readonly onSession: (
		session: UdpStream,
		remote: Address,
		loggedIn: () => void,
	) => void;
	readonly limits?: Partial<AcceptorLimits>;
	/** For tests that repeat. @default that of node:crypto */
	readonly randomBytes?: (bytes: number) => Buffer;
}

/** The node's side of the UDP transport, as the mock and the tests run it. */
export interface UdpListener {
	readonly port: number;
	readonly stats: Readonly<AcceptorStats>;
	/** What it holds just now. */
	readonly sizes: {
		readonly connections: number;
		readonly halfOpen: number;
		readonly tombstones: number;
	};
	/** While muted, it hears and says nothing: a black hole in the path. What it holds lives on, or times out. */
	mute(muted: boolean): void;
	/** Cuts every connection and tells the devices so. */
	cut(): void;
	/** Forgets everything without a word and closes the socket: what a crash looks like from outside. */
	crash(): Promise<void>;
	/** Cuts every connection, tells the devices so, and closes the socket. */
	close(): Promise<void>;
}

/** Listens for devices. Rejects when the port cannot be bound. */
export async function listenUdp(options: ListenOptions): Promise<UdpListener> {
	const listener = new Listener(options);
	await listener.open();
	return listener;
}

class Listener implements UdpListener {
	#socket: NodeSocket | undefined;
	#muted = false;
	readonly #acceptor: Acceptor;
	readonly #drivers = new Set<Driver>();
	readonly #secureContext;

	readonly #options: ListenOptions;

	constructor(options: ListenOptions) {
		this.#options = options;
		const {
			runtime,
			tls,
			limits,
			admit = () => 'accept',
			randomBytes = systemBytes,
			secret = randomBytes(32),
		} = options;
		this.#secureContext = createSecureContext({
			...tls,
			minVersion: 'TLSv1.3',
		});
		this.#acceptor = new Acceptor({
			admit,
			limits,
			randomBytes,
			secret,
			random: runtime.random,
			wallMs: () => runtime.clock.wallMs(),
			nowMs: runtime.clock.monotonicMs(),
			send: this.#send,
			onConnection: (connection) => this.#onConnection(connection),
		});
	}

	async open(): Promise<void> {
		const { host, port, runtime } = this.#options;
		this.#socket = await NodeSocket.bind(host, port, {
			onDatagram: (datagram, from) => {
				if (!this.#muted) {
					this.#acceptor.receive(datagram, from, runtime.clock.monotonicMs());
				}
			},
		});
	}

	get port(): number {
		return this.#socket?.port ?? this.#options.port;
	}

	get stats(): Readonly<AcceptorStats> {
		return this.#acceptor.stats;
	}

	get sizes() {
		return this.#acceptor.sizes;
	}

	readonly #send = (datagram: Buffer, to: Address) => {
		if (!this.#muted) {
			this.#socket?.send(datagram, to);
		}
	};

	#onConnection(connection: Connection): Holder {
		const { clock } = this.#options.runtime;
		const driver = new Driver(connection, clock, this.#send);
		this.#drivers.add(driver);
		driver.onEnd = () => {
			this.#drivers.delete(driver);
			this.#acceptor.remove(connection, clock.monotonicMs());
		};
		let isServed = false;
		return {
			receive: (datagram, from) => {
				driver.receive(datagram, from);
				if (!isServed && isHelloWhole(connection)) {
					isServed = true;
					this.#serveTls(new UdpStream(driver, clock), driver);
				}
			},
			drop: () => {
				end(driver);
			},
		};
	}

	#serveTls(stream: UdpStream, { connection }: Driver): void {
		const tls = new TLSSocket(stream, {
			isServer: true,
			secureContext: this.#secureContext,
		});
		tls.on('error', () => {
			stream.destroy();
		});
		tls.once('secure', () => {
			const session = leaveTls(stream, tls);
			session.on('error', () => undefined);
			this.#options.onSession(session, connection.paths.active, () => {
				this.#acceptor.loggedIn(connection);
			});
		});
	}

	mute(muted: boolean): void {
		this.#muted = muted;
	}

	cut(): void {
		for (const driver of [...this.#drivers]) {
			end(driver);
		}
	}

	async crash(): Promise<void> {
		const crashed: End = { reason: 'aborted' };
		await this.#socket?.close();
		for (const driver of [...this.#drivers]) {
			driver.connection.vanish(crashed);
			driver.turn();
		}
	}

	async close(): Promise<void> {
		this.cut();
		// The last words are handed to the kernel in this turn; closing now does not take them back.
		await this.#socket?.close();
	}
}

function end(driver: Driver): void {
	driver.connection.close(CLOSE.goingAway);
	driver.turn();
}

/** TLS costs a thousand times what a packet does, so it waits for the whole record of the ClientHello (RFC 8446, 5.1). */
function isHelloWhole({ receiving }: Connection): boolean {
	const { head, orderedBytes } = receiving;
	return (
		head.length >= RECORD_HEADER_BYTES &&
		head[0] === HANDSHAKE_RECORD &&
		orderedBytes >= RECORD_HEADER_BYTES + head.readUInt16BE(3)
	);
}
