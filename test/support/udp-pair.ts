/* eslint-disable no-bitwise -- a pattern of bytes is made of bits */
import { createHash, randomBytes as systemBytes, type Hash } from 'node:crypto';

import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import type { ConnectionOptions } from '../../src/transports/udp/connection/connection-options.js';
import { Connection } from '../../src/transports/udp/connection/connection.js';
import type { Address } from '../../src/transports/udp/wire/address.js';
import { connectionHost, UdpNetwork, type PathFaults } from './udp-network.js';

export const CLIENT: Address = { address: '10.0.0.1', port: 1000 };
export const SERVER: Address = { address: '10.0.0.2', port: 443 };

export const seededBytes = (random: SeededRandom) => (bytes: number) =>
	Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));

/** The sizes of what TLS 1.3 sends to and fro; the bytes themselves are not looked at. */
const HELLO_BYTES = 1604;
const FLIGHT_BYTES = 6000;
const FINISHED_BYTES = 80;

const patterns = new Map<number, Buffer>();

/** 64 KB that do not repeat within a segment. */
function patternOf(seed: number): Buffer {
	let pattern = patterns.get(seed);
	if (!pattern) {
		pattern = Buffer.from(
			Array.from(
				{ length: 65_536 },
				(_, i) => (i * 7 + (i >> 8) * 13 + seed) & 0xff,
			),
		);
		patterns.set(seed, pattern);
	}
	return pattern;
}

/** One end's application: a handshake shaped like TLS, then a pattern of bytes each way. */
export class End {
	readonly hash: Hash = createHash('sha256');
	readonly sentHash: Hash = createHash('sha256');
	receivedBytes = 0;
	writtenBytes = 0;
	endReceived = false;
	/** Stops reading, as an application that is busy does. */
	stalled = false;
	private handshakeLeft: number;
	private readonly pattern: Buffer;

	constructor(
		readonly connection: Connection,
		private readonly exported: Buffer,
		private readonly bulkBytes: number,
		seed: number,
		private readonly finishes: boolean,
	) {
		this.handshakeLeft =
			connection.role === 'client' ? FLIGHT_BYTES : HELLO_BYTES;
		this.pattern = patternOf(seed);
	}

	start(): void {
		if (this.connection.role === 'client') {
			this.connection.write(Buffer.alloc(HELLO_BYTES, 1));
		}
	}

	get isSecure(): boolean {
		return this.connection.isSecure;
	}

	turn(): void {
		if (!this.stalled) {
			for (
				let data = this.connection.read();
				data;
				data = this.connection.read()
			) {
				this.take(data);
			}
		}
		this.endReceived =
			this.connection.receiving.complete && !this.connection.receiving.readable;
		if (this.isSecure) {
			this.fill();
		}
	}

	private take(data: Buffer): void {
		const handshake = Math.min(this.handshakeLeft, data.length);
		if (handshake > 0) {
			this.handshakeLeft -= handshake;
			if (this.handshakeLeft === 0) {
				this.onHandshake();
			}
		}
		const bulk = data.subarray(handshake);
		this.hash.update(bulk);
		this.receivedBytes += bulk.length;
	}

	private onHandshake(): void {
		const { connection } = this;
		if (connection.role === 'client') {
			connection.write(Buffer.alloc(FINISHED_BYTES, 3));
			connection.secure(this.exported);
		} else if (!this.flightSent) {
			this.flightSent = true;
			connection.write(Buffer.alloc(FLIGHT_BYTES, 2));
			this.handshakeLeft = FINISHED_BYTES;
		} else {
			connection.secure(this.exported);
		}
	}

	private flightSent = false;

	private fill(): void {
		const { connection } = this;
		while (
			this.writtenBytes < this.bulkBytes &&
			connection.sending.bufferedBytes < 512 * 1024
		) {
			const at = this.writtenBytes % this.pattern.length;
			const bytes = Math.min(
				16_384,
				this.bulkBytes - this.writtenBytes,
				this.pattern.length - at,
			);
			const chunk = this.pattern.subarray(at, at + bytes);
			connection.write(chunk);
			this.sentHash.update(chunk);
			this.writtenBytes += bytes;
		}
		if (this.writtenBytes === this.bulkBytes && this.finishes) {
			connection.finish();
		}
	}
}

export interface PairOptions {
	readonly seed: string;
	readonly faults?: PathFaults | ((from: Address, to: Address) => PathFaults);
	/** Bytes each way. @default 0 */
	readonly bulkBytes?: number;
	/** Only the node sends. @default false */
	readonly oneWay?: boolean;
	/** @default true */
	readonly finishes?: boolean;
	/** A network that others use as well, and where the client is on it. */
	readonly network?: UdpNetwork;
	readonly clientAt?: Address;
	readonly client?: Partial<ConnectionOptions>;
	readonly server?: Partial<ConnectionOptions>;
}

/** Two connections after RETRY, with a handshake shaped like TLS, on one network. */
export function makePair(options: PairOptions) {
	const random = seededRandom(options.seed);
	const { faults = {}, bulkBytes = 0, finishes = true } = options;
	const network =
		options.network ??
		new UdpNetwork(
			random.fork('network'),
			typeof faults === 'function' ? faults : () => faults,
		);
	const clientAt = options.clientAt ?? CLIENT;
	const serverAt = options.clientAt
		? { ...SERVER, port: options.clientAt.port }
		: SERVER;
	const randomBytes = seededBytes(random.fork('bytes'));
	const ids = {
		clientId: randomBytes(8),
		serverId: randomBytes(8),
		token: randomBytes(22),
		nonce: randomBytes(8),
		nowMs: 0,
		random: random.fork('chance'),
		randomBytes,
	};
	const client = new Connection({
		...ids,
		role: 'client',
		peer: serverAt,
		...options.client,
	});
	const server = new Connection({
		...ids,
		role: 'server',
		peer: clientAt,
		resetToken: randomBytes(16),
		...options.server,
	});
	const exported = randomBytes(64);
	const clientEnd = new End(
		client,
		exported,
		options.oneWay ? 0 : bulkBytes,
		1,
		finishes,
	);
	const serverEnd = new End(server, exported, bulkBytes, 2, finishes);
	network.add(
		clientAt,
		connectionHost(network, clientAt, client, () => {
			clientEnd.turn();
		}),
	);
	network.add(
		serverAt,
		connectionHost(network, serverAt, server, () => {
			serverEnd.turn();
		}),
	);
	clientEnd.start();
	return {
		network,
		client,
		server,
		clientEnd,
		serverEnd,
		random,
		exported,
		ids,
	};
}

export const freshSeed = (): string =>
	process.env.SEED ?? systemBytes(4).toString('hex');
