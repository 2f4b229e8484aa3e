import { DATAGRAM_BYTES } from '../wire/limits.js';
import type { Address } from '../wire/address.js';
import type { CongestionController } from './congestion.js';
import type { LossRecovery } from './loss-recovery.js';
import { Pacer } from './pacer.js';
import type { PacketBuilder } from './packet-builder.js';
import type { Paths } from './paths.js';
import type { ConnectionStats } from './stats.js';

/** RFC 9002, 6.2.4. */
const PROBES = 2;
/** Below this window the receiver is asked for an ACK of every second packet: waiting for ten would idle the path. */
const SMALL_WINDOW_BYTES = 32 * DATAGRAM_BYTES;

export type Send = (datagram: Buffer, to: Address) => void;

export interface TransmitterParts {
	readonly builder: PacketBuilder;
	readonly acks: { readonly dueMs: number };
	readonly recovery: Pick<LossRecovery, 'bytesInFlight' | 'rtt'>;
	readonly paths: Pick<Paths, 'active' | 'next' | 'allow'>;
	readonly stats: Pick<ConnectionStats, 'sent'>;
	/** Asked each time, since a new path has a new one. */
	readonly congestion: () => CongestionController;
}

/** Decides what is sent next, as far as congestion and pacing allow. */
export class Transmitter {
	readonly #parts: TransmitterParts;
	readonly #pacer = new Pacer();
	#probes = 0;
	#isLimited = false;
	#waitsForPacing = false;

	constructor(parts: TransmitterParts) {
		this.#parts = parts;
	}

	/** Whether the window or pacing, and not a lack of data, held the last flush back. */
	get isLimited(): boolean {
		return this.#isLimited;
	}

	/** Asks the other end for an ACK, whatever the window says. */
	probe(): void {
		this.#probes = PROBES;
	}

	/** When pacing lets the next packets go. */
	get readyAtMs(): number {
		return this.#waitsForPacing ? this.#pacer.readyAtMs : Infinity;
	}

	/** Sends all that may be sent now. Returns whether any of it asks for an ACK. */
	flush(nowMs: number, send: Send): boolean {
		const { builder, congestion, recovery, paths, stats } = this.#parts;
		this.#waitsForPacing = false;
		this.#flushPaths(nowMs, send);
		this.#pacer.advance(nowMs, congestion(), recovery.rtt.smoothedMs);
		let isEliciting = false;
		for (
			let next = this.#decide(nowMs);
			next !== 'nothing';
			next = this.#decide(nowMs)
		) {
			const datagram = next === 'ack' ? builder.ack(nowMs) : this.#data(nowMs);
			isEliciting ||= next === 'data';
			stats.sent++;
			send(datagram, paths.active);
		}
		return isEliciting;
	}

	#flushPaths(nowMs: number, send: Send): void {
		const { builder, paths, recovery, stats } = this.#parts;
		const againMs = recovery.rtt.ptoMs;
		for (
			let next = paths.next(nowMs, againMs);
			next;
			next = paths.next(nowMs, againMs)
		) {
			const datagram = builder.single(next.frame);
			if (paths.allow(next.to, datagram.length)) {
				stats.sent++;
				send(datagram, next.to);
			}
		}
	}

	/** Whether the window has room for one more packet. */
	get #isWindowOpen(): boolean {
		const { recovery, congestion } = this.#parts;
		return recovery.bytesInFlight + DATAGRAM_BYTES <= congestion().windowBytes;
	}

	#decide(nowMs: number): 'nothing' | 'ack' | 'data' {
		const { acks, builder } = this.#parts;
		const isAckDue = acks.dueMs <= nowMs;
		const isAckAlone = isAckDue && !builder.ackFits;
		if (this.#probes > 0) {
			return isAckAlone ? 'ack' : 'data';
		}
		const { hasData } = builder;
		const isOpen = this.#isWindowOpen;
		this.#isLimited = hasData && !(isOpen && this.#pacer.ready);
		this.#waitsForPacing = hasData && isOpen && !this.#pacer.ready;
		if (hasData && !this.#isLimited && !isAckAlone) {
			return 'data';
		}
		return isAckDue ? 'ack' : 'nothing';
	}

	#data(nowMs: number): Buffer {
		const datagram = this.#parts.builder.data(nowMs, this.#asksForAck);
		this.#pacer.spend(datagram.length);
		this.#probes = Math.max(0, this.#probes - 1);
		return datagram;
	}

	readonly #asksForAck = (packetNumber: number): boolean => {
		const { builder, congestion } = this.#parts;
		return (
			congestion().windowBytes < SMALL_WINDOW_BYTES &&
			(packetNumber % 2 === 1 || !builder.hasData || !this.#isWindowOpen)
		);
	};
}
