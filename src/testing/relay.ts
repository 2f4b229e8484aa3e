import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

import * as v from '../schema.js';

import { checkOptions, durationMs, port } from '../options.js';
import {
	randomBelow,
	systemClock,
	type Clock,
	type Random,
	type Timer,
} from '../runtime/index.js';

const HOST = '127.0.0.1';
/** Devices behind one relay; datagrams of others are dropped. */
const CLIENTS_LIMIT = 1024;
/** Datagrams on their way at once; beyond it the queue is full and they are dropped. */
const QUEUE_LIMIT = 10_000;

/** What a path does to datagrams, each way and each by its own chance. */
export interface PathConditions {
	/** The share that is lost, 0 to 1. @default 0 */
	readonly loss?: number;
	/** The share that arrives twice. @default 0 */
	readonly duplicate?: number;
	/** The share that has one byte changed. @default 0 */
	readonly corrupt?: number;
	/** How long each takes, one way. @default 0 */
	readonly delayMs?: number;
	/** The most that chance adds to that; above the time between two datagrams, it reorders them. @default 0 */
	readonly jitterMs?: number;
}

export interface RelayOptions extends PathConditions {
	/** The port on 127.0.0.1 that datagrams go on to. */
	readonly to: number;
	/** Decides what is lost; give a seeded one, and a failure can be replayed. */
	readonly random: Random;
	/** What delays go by. @default the machine's clock */
	readonly clock?: Clock;
}

const share = v.optional(
	v.pipe(
		v.number('must be a number'),
		v.minValue(0, 'must be from 0 to 1'),
		v.maxValue(1, 'must be from 0 to 1'),
	),
	0,
);
const conditionsEntries = {
	loss: share,
	duplicate: share,
	corrupt: share,
	delayMs: v.optional(durationMs, 0),
	jitterMs: v.optional(durationMs, 0),
};
const conditionsSchema = v.strictObject(conditionsEntries);
const optionsSchema = v.strictObject({
	...conditionsEntries,
	to: port,
	random: v.custom<Random>(
		(value) => typeof value === 'function',
		'must be a function',
	),
	clock: v.optional(
		v.custom<Clock>((value) => typeof value === 'object', 'must be a clock'),
		() => systemClock,
	),
});

/** A device behind the relay, and the socket by which the node knows it. */
interface Client {
	readonly near: RemoteInfo;
	far: Socket;
}

/**
 * A bad path for UDP, on loopback: it sits between devices and a node, and loses, delays, reorders,
 * duplicates or corrupts what passes; it can go dark, and give devices another address as a NAT does.
 *
 * @example
 * const relay = await UdpRelay.start({ to: mock.nodes[0].port, random: seededRandom(1), loss: 0.1 });
 * dial(`127.0.0.1:${relay.port}`);
 */
export class UdpRelay {
	readonly #random: Random;
	readonly #clock: Clock;
	readonly #to: number;
	readonly #socket: Socket;
	readonly #clients = new Map<string, Client>();
	readonly #timers = new Set<Timer>();
	#conditions: Required<PathConditions>;
	#isDark = false;
	#isClosed = false;
	#passed = 0;
	#dropped = 0;

	private constructor(options: v.InferOutput<typeof optionsSchema>) {
		const { to, random, clock, ...conditions } = options;
		this.#to = to;
		this.#random = random;
		this.#clock = clock;
		this.#conditions = conditions;
		this.#socket = createSocket('udp4');
		this.#socket.on('error', () => undefined);
		this.#socket.on('message', (datagram, near) => {
			const client = this.#clientAt(near);
			this.#pass(datagram, (bytes) => {
				client?.far.send(bytes, this.#to, HOST);
			});
		});
	}

	/** Starts it; resolves when it listens. */
	static async start(options: RelayOptions): Promise<UdpRelay> {
		const relay = new UdpRelay(
			checkOptions(optionsSchema, options, 'UdpRelay.start'),
		);
		relay.#socket.bind(0, HOST);
		await once(relay.#socket, 'listening');
		return relay;
	}

	/** What devices dial on 127.0.0.1. */
	get port(): number {
		return this.#socket.address().port;
	}

	/** Datagrams, both ways together. */
	get stats(): { readonly passed: number; readonly dropped: number } {
		return { passed: this.#passed, dropped: this.#dropped };
	}

	/** Changes the path from now on; what is not named is well. */
	set(conditions: PathConditions): void {
		this.#conditions = checkOptions(
			conditionsSchema,
			conditions,
			'UdpRelay.set',
		);
	}

	/** While dark, nothing passes either way. */
	dark(isDark: boolean): void {
		this.#isDark = isDark;
	}

	/** Each device now comes from another port, and what is sent to its old one is lost. */
	rebind(): void {
		for (const client of this.#clients.values()) {
			const left = client.far;
			client.far = this.#farSocket(client.near);
			left.close();
		}
	}

	/** Ends it; what is on its way is dropped. */
	async close(): Promise<void> {
		if (this.#isClosed) {
			return;
		}
		this.#isClosed = true;
		for (const timer of this.#timers) {
			timer.cancel();
		}
		const sockets = [...this.#clients.values()].map(({ far }) => far);
		await Promise.all(
			[this.#socket, ...sockets].map(
				(socket) => new Promise<void>((resolve) => socket.close(resolve)),
			),
		);
	}

	#clientAt(near: RemoteInfo): Client | undefined {
		const key = `${near.address}:${near.port}`;
		let client = this.#clients.get(key);
		if (!client && this.#clients.size < CLIENTS_LIMIT) {
			client = { near, far: this.#farSocket(near) };
			this.#clients.set(key, client);
		}
		return client;
	}

	#farSocket(near: RemoteInfo): Socket {
		const socket = createSocket('udp4');
		socket.on('error', () => undefined);
		socket.on('message', (datagram) => {
			this.#pass(datagram, (bytes) => {
				this.#socket.send(bytes, near.port, near.address);
			});
		});
		socket.bind(0, HOST);
		return socket;
	}

	#pass(datagram: Buffer, send: (bytes: Buffer) => void): void {
		const { loss, duplicate } = this.#conditions;
		const full = this.#timers.size >= QUEUE_LIMIT;
		if (this.#isDark || full || this.#random() < loss) {
			this.#dropped++;
			return;
		}
		this.#passed++;
		const copies = this.#random() < duplicate ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.#later(this.#perhapsCorrupt(datagram), send);
		}
	}

	#perhapsCorrupt(datagram: Buffer): Buffer {
		if (datagram.length === 0 || this.#random() >= this.#conditions.corrupt) {
			return datagram;
		}
		const changed = Buffer.from(datagram);
		const at = randomBelow(this.#random, changed.length);
		changed[at] = (changed[at]! + 1 + randomBelow(this.#random, 255)) % 256;
		return changed;
	}

	#later(bytes: Buffer, send: (bytes: Buffer) => void): void {
		const { delayMs, jitterMs } = this.#conditions;
		const takesMs = delayMs + this.#random() * jitterMs;
		if (takesMs === 0) {
			send(bytes);
			return;
		}
		const timer = this.#clock.setTimer(takesMs, () => {
			this.#timers.delete(timer);
			if (!this.#isDark) {
				send(bytes);
			}
		});
		this.#timers.add(timer);
	}
}
