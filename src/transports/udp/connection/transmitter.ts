import type { Address } from '../wire/address.js';
import type { CongestionController } from './congestion.js';
import type { LossRecovery } from './loss-recovery.js';
import { Pacer } from './pacer.js';
import type { PacketBudget } from './packet-budget.js';
import type { PacketBuilder } from './packet-builder.js';
import type { Paths } from './paths.js';
import type { RttEstimator } from './rtt.js';
import type { ConnectionStats } from './stats.js';

/** Below this window, in packets, the receiver is asked for an ACK of every second packet: waiting for ten would idle the path. */
const SMALL_WINDOW = 32;

export type Send = (datagram: Buffer, to: Address) => void;

/** A packet number space, as the one who sends sees it. */
export interface SendingSpace {
	readonly builder: PacketBuilder;
	readonly acks: { readonly dueMs: number };
	readonly recovery: Pick<LossRecovery, 'bytesInFlight'>;
	/** Packets that go out whatever the window says. */
	probes: number;
}

export interface TransmitterParts {
	readonly datagramBytes: number;
	/** Those that are in use, the older first. */
	readonly spaces: () => readonly SendingSpace[];
	readonly rtt: Pick<RttEstimator, 'smoothedMs' | 'ptoMs'>;
	readonly paths: Pick<Paths, 'active' | 'next' | 'allow'>;
	readonly stats: Pick<ConnectionStats, 'sent'>;
	readonly budget: Pick<PacketBudget, 'onSent'>;
	/** Asked each time, since a new path has a new one. */
	readonly congestion: () => CongestionController;
}

/** Decides what is sent next, as far as congestion and pacing allow. */
export class Transmitter {
	readonly #parts: TransmitterParts;
	readonly #pacer: Pacer;
	#isLimited = false;
	#waitsForPacing = false;

	constructor(parts: TransmitterParts) {
		this.#parts = parts;
		this.#pacer = new Pacer(parts.datagramBytes);
	}

	/** Whether the window or pacing, and not a lack of data, held the last flush back. */
	get isLimited(): boolean {
		return this.#isLimited;
	}

	/** When pacing lets the next packets go. */
	get readyAtMs(): number {
		return this.#waitsForPacing ? this.#pacer.readyAtMs : Infinity;
	}

	/** Sends all that may be sent now. Returns whether any of it asks for an ACK. */
	flush(nowMs: number, send: Send): boolean {
		const { spaces, congestion, rtt, paths, stats } = this.#parts;
		this.#isLimited = false;
		this.#waitsForPacing = false;
		this.#flushPaths(nowMs, send);
		this.#pacer.advance(nowMs, congestion(), rtt.smoothedMs);
		let isEliciting = false;
		for (const space of spaces()) {
			for (
				let next = this.#decide(space, nowMs);
				next !== 'nothing';
				next = this.#decide(space, nowMs)
			) {
				const datagram =
					next === 'ack' ? space.builder.ack(nowMs) : this.#data(space, nowMs);
				isEliciting ||= next === 'data';
				stats.sent++;
				send(datagram, paths.active);
			}
		}
		return isEliciting;
	}

	#flushPaths(nowMs: number, send: Send): void {
		const { spaces, paths, rtt, stats } = this.#parts;
		const againMs = rtt.ptoMs;
		for (
			let next = paths.next(nowMs, againMs);
			next;
			next = paths.next(nowMs, againMs)
		) {
			const datagram = spaces().at(-1)!.builder.single(next.frame);
			if (paths.allow(next.to, datagram.length)) {
				stats.sent++;
				send(datagram, next.to);
			}
		}
	}

	get #windowPackets(): number {
		return this.#parts.congestion().windowBytes / this.#parts.datagramBytes;
	}

	/** Whether the window has room for one more packet. */
	get #isWindowOpen(): boolean {
		let bytes = this.#parts.datagramBytes;
		for (const { recovery } of this.#parts.spaces()) {
			bytes += recovery.bytesInFlight;
		}
		return bytes <= this.#parts.congestion().windowBytes;
	}

	#decide(space: SendingSpace, nowMs: number): 'nothing' | 'ack' | 'data' {
		const { acks, builder } = space;
		const isAckDue = acks.dueMs <= nowMs;
		const isAckAlone = isAckDue && !builder.ackFits;
		if (space.probes > 0) {
			return isAckAlone ? 'ack' : 'data';
		}
		if (builder.hasData) {
			const isOpen = this.#isWindowOpen;
			this.#waitsForPacing ||= isOpen && !this.#pacer.ready;
			const isHeldBack = !(isOpen && this.#pacer.ready);
			this.#isLimited ||= isHeldBack;
			if (!isHeldBack && !isAckAlone) {
				return 'data';
			}
		}
		return isAckDue ? 'ack' : 'nothing';
	}

	#data(space: SendingSpace, nowMs: number): Buffer {
		const datagram = space.builder.data(
			nowMs,
			this.#windowPackets,
			this.#asksForAck,
		);
		this.#parts.budget.onSent();
		this.#pacer.spend(datagram.length);
		space.probes = Math.max(0, space.probes - 1);
		return datagram;
	}

	readonly #asksForAck = (packetNumber: number, hasMore: boolean): boolean =>
		this.#windowPackets < SMALL_WINDOW &&
		(packetNumber % 2 === 1 || !hasMore || !this.#isWindowOpen);
}
