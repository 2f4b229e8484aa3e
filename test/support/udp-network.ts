/* eslint-disable no-bitwise -- a pattern of bytes is made of bits */
import type { Connection } from '../../src/transports/udp/connection/connection.js';
import type { Address } from '../../src/transports/udp/wire/address.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';

/** What one direction of the emulated path does to datagrams. All chances are from 0 to 1. */
export interface PathFaults {
	readonly delayMs?: number;
	/** Added to the delay of each datagram, uniform from 0. */
	readonly jitterMs?: number;
	readonly loss?: number;
	readonly duplication?: number;
	/** Chance that a datagram is held back until `depth` later ones have passed. */
	readonly reordering?: { readonly chance: number; readonly depth: number };
	/** Chance that a datagram comes so much later. */
	readonly late?: { readonly chance: number; readonly ms: number };
	/** Chance that a burst of losses begins, and how many datagrams it takes. */
	readonly bursts?: { readonly chance: number; readonly length: number };
	/** Nothing passes in this span. */
	readonly blackout?: { readonly fromMs: number; readonly forMs: number };
	readonly bytesPerMs?: number;
	/** What may wait in front of the bottleneck. */
	readonly queueMs?: number;
	/** Largest datagram that passes. */
	readonly mtu?: number;
}

export interface Flight {
	readonly datagram: Buffer;
	readonly from: Address;
	readonly to: Address;
	readonly nowMs: number;
}

interface Event {
	readonly atMs: number;
	readonly order: number;
	readonly run: () => void;
}

/** Something that datagrams are sent to, with a deadline of its own. */
export interface Host {
	receive(datagram: Buffer, from: Address, nowMs: number): void;
	/** Acts on what is due and sends what it has. */
	turn(nowMs: number): void;
	deadlineMs(): number;
}

/** A seeded network on a virtual clock, without timers and sockets: one queue of events. */
export class UdpNetwork {
	nowMs = 0;
	/** Every datagram that a host sent, before the path did anything to it. */
	onSend: (flight: Flight) => void = () => undefined;
	/** Takes a datagram out of the path (false), or lets another pass in its place. */
	filter: (flight: Flight) => Buffer | boolean = () => true;
	/** The address that the receiver sees in place of the sender's: a NAT. */
	translate: (from: Address) => Address = (from) => from;
	/** Where a datagram to that address goes; undefined = nowhere. */
	route: (to: Address) => Address | undefined = (to) => to;
	/** Blocks a host's event loop: nothing is delivered and no deadline met until then. */
	readonly blockedUntilMs = new Map<string, number>();
	/** Which directions share a bottleneck: those of the same name. */
	pipeOf: (from: Address, to: Address) => string = (from, to) =>
		`${key(from)}>${key(to)}`;
	/** Datagrams that found the queue in front of a bottleneck full. */
	overflowed = 0;
	/** The longest that one waited there. */
	longestQueueMs = 0;
	private readonly hosts = new Map<string, Host>();
	private events: Event[] = [];
	private order = 0;
	private readonly pipes = new Map<
		string,
		{
			freeMs: number;
			burst: number;
			held: Array<{ left: number; deliver: () => void }>;
		}
	>();

	constructor(
		private readonly random: SeededRandom,
		private readonly faults: (from: Address, to: Address) => PathFaults,
	) {}

	add(at: Address, host: Host): void {
		this.hosts.set(key(at), host);
	}

	/** Bytes that wait or are on their way: the test's own measure of queues. */
	get scheduled(): number {
		return this.events.length;
	}

	send(datagram: Buffer, from: Address, to: Address): void {
		const flight = { datagram, from, to, nowMs: this.nowMs };
		this.onSend(flight);
		const passed = this.filter(flight);
		if (passed === false) {
			return;
		}
		const carried = passed === true ? datagram : passed;
		const faults = this.faults(from, to);
		const pipe = this.pipe(from, to);
		if (this.isLost(faults, pipe, carried)) {
			return;
		}
		const {
			delayMs = 0,
			jitterMs = 0,
			late,
			duplication = 0,
			bytesPerMs,
			queueMs = 100,
		} = faults;
		let departMs = this.nowMs;
		if (bytesPerMs) {
			departMs = Math.max(this.nowMs, pipe.freeMs);
			if (departMs - this.nowMs > queueMs) {
				this.overflowed++;
				return;
			}
			this.longestQueueMs = Math.max(
				this.longestQueueMs,
				departMs - this.nowMs,
			);
			departMs += carried.length / bytesPerMs;
			pipe.freeMs = departMs;
		}
		const copies = this.random() < duplication ? 2 : 1;
		for (let i = 0; i < copies; i++) {
			const lateMs = late && this.random() < late.chance ? late.ms : 0;
			const atMs =
				departMs + delayMs + lateMs + (jitterMs ? this.random() * jitterMs : 0);
			const deliver = () => {
				this.deliver(carried, from, to);
			};
			this.holdBack(faults, pipe, () => {
				this.at(atMs, deliver);
			});
		}
	}

	private pipe(from: Address, to: Address) {
		const name = this.pipeOf(from, to);
		let pipe = this.pipes.get(name);
		if (!pipe) {
			pipe = { freeMs: 0, burst: 0, held: [] };
			this.pipes.set(name, pipe);
		}
		return pipe;
	}

	private isLost(
		faults: PathFaults,
		pipe: { burst: number },
		datagram: Buffer,
	): boolean {
		const { loss = 0, bursts, blackout, mtu = Infinity } = faults;
		if (datagram.length > mtu) {
			return true;
		}
		if (
			blackout &&
			this.nowMs >= blackout.fromMs &&
			this.nowMs < blackout.fromMs + blackout.forMs
		) {
			return true;
		}
		if (pipe.burst > 0) {
			pipe.burst--;
			return true;
		}
		if (bursts && this.random() < bursts.chance) {
			pipe.burst = bursts.length - 1;
			return true;
		}
		return this.random() < loss;
	}

	/** Holds some back until later ones have passed, or 50 ms, so that the last one is not held for ever. */
	private holdBack(
		{ reordering }: PathFaults,
		pipe: { held: Array<{ left: number; deliver: () => void }> },
		deliver: () => void,
	): void {
		for (const held of pipe.held) {
			held.left--;
		}
		if (reordering && this.random() < reordering.chance) {
			const held = {
				left: 1 + Math.floor(this.random() * reordering.depth),
				deliver,
			};
			pipe.held.push(held);
			this.at(this.nowMs + 50, () => {
				if (pipe.held.includes(held)) {
					pipe.held.splice(pipe.held.indexOf(held), 1);
					held.deliver();
				}
			});
		} else {
			deliver();
		}
		for (const held of pipe.held.filter(({ left }) => left <= 0)) {
			pipe.held.splice(pipe.held.indexOf(held), 1);
			held.deliver();
		}
	}

	private deliver(datagram: Buffer, from: Address, to: Address): void {
		const at = this.route(to);
		const host = at && this.hosts.get(key(at));
		const untilMs = at ? (this.blockedUntilMs.get(key(at)) ?? 0) : 0;
		if (untilMs > this.nowMs) {
			this.at(untilMs, () => {
				this.deliver(datagram, from, to);
			});
			return;
		}
		if (host) {
			host.receive(Buffer.from(datagram), this.translate(from), this.nowMs);
			host.turn(this.nowMs);
		}
	}

	at(atMs: number, run: () => void): void {
		const event = {
			atMs: Math.max(atMs, this.nowMs),
			order: this.order++,
			run,
		};
		let low = 0;
		let high = this.events.length;
		// Latest first, so that the next is the last.
		while (low < high) {
			const middle = (low + high) >> 1;
			const other = this.events[middle]!;
			if (
				other.atMs > event.atMs ||
				(other.atMs === event.atMs && other.order > event.order)
			) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		this.events.splice(low, 0, event);
	}

	/** Runs until `done` says so; false when `limitMs` came first or nothing is left to happen. */
	run(done: () => boolean, limitMs: number): boolean {
		for (const host of this.hosts.values()) {
			host.turn(this.nowMs);
		}
		while (!done()) {
			if (!this.step(limitMs)) {
				return done();
			}
		}
		return true;
	}

	/** Runs for so long, whatever happens. */
	runFor(ms: number): void {
		const limitMs = this.nowMs + ms;
		this.run(() => false, limitMs);
		this.nowMs = limitMs;
	}

	private step(limitMs: number): boolean {
		let nextMs = this.events.at(-1)?.atMs ?? Infinity;
		let due: Host | undefined;
		for (const [name, host] of this.hosts) {
			const deadlineMs = Math.max(
				host.deadlineMs(),
				this.blockedUntilMs.get(name) ?? 0,
				this.nowMs,
			);
			if (deadlineMs < nextMs) {
				nextMs = deadlineMs;
				due = host;
			}
		}
		if (nextMs === Infinity || nextMs > limitMs) {
			return false;
		}
		this.nowMs = nextMs;
		if (due) {
			due.turn(this.nowMs);
		} else {
			this.events.pop()!.run();
		}
		return true;
	}
}

export const key = ({ address, port }: Address): string => `${address} ${port}`;

/** A host that is one connection. */
export function connectionHost(
	network: UdpNetwork,
	at: Address,
	connection: Connection,
	/** What stands above it: called after everything that may have changed it. */
	application: (nowMs: number) => void = () => undefined,
): Host {
	const flush = (nowMs: number) => {
		connection.flush(nowMs, (datagram, to) => {
			network.send(datagram, at, to);
		});
	};
	return {
		receive: (datagram, from, nowMs) => {
			const { lastWords } = connection;
			if (lastWords) {
				// As tombstones do.
				network.send(lastWords, at, from);
			}
			connection.receive(datagram, from, nowMs);
		},
		turn: (nowMs) => {
			connection.expire(nowMs);
			application(nowMs);
			flush(nowMs);
		},
		deadlineMs: () => connection.deadlineMs(),
	};
}
