import type { Connection } from './connection.js';
import { CLOSE, closeFrame, PING, type ControlFrame } from './frames.js';
import { DATAGRAM_BYTES, PACKET_NUMBER_LIMIT } from './limits.js';
import { PacketBuilder } from './packet-builder.js';
import type { Address } from './path.js';

/** RFC 9002, 6.2.4. */
const PROBES = 2;
/** Below this window the receiver is asked for an ACK of every second packet: waiting for ten would idle the path. */
const SMALL_WINDOW_BYTES = 32 * DATAGRAM_BYTES;

type Send = (datagram: Buffer, to: Address) => void;

/** Decides what a connection sends next, as far as congestion and pacing allow. */
export class Transmitter {
	/** Whether the window or pacing, and not a lack of data, held the last flush back. */
	limited = false;
	/** The last packet of a connection that was closed here. */
	lastWords: Buffer | undefined;
	/** It has not been sent yet. */
	hasLastWords = false;
	private readonly builder: PacketBuilder;
	private probes = 0;
	private waitsForPacing = false;

	constructor(private readonly connection: Connection) {
		this.builder = new PacketBuilder(connection);
	}

	/** The packet number after the last that was used. */
	get nextNumber(): number {
		return this.builder.nextNumber;
	}

	queue(frame: ControlFrame): void {
		const { control } = this.builder;
		if (frame !== PING || !control.includes(PING)) {
			control.push(frame);
		}
	}

	/** Asks the other end for an ACK, whatever the window says. */
	probe(): void {
		this.probes = PROBES;
	}

	/** When pacing lets the next packets go. */
	get readyAtMs(): number {
		return this.waitsForPacing ? this.connection.pacer.readyAtMs : Infinity;
	}

	/** Makes the last packet. A node that has not been heard would not know what it is about. */
	close(code: number): void {
		if (this.connection.heard) {
			this.lastWords = this.builder.last(closeFrame(code));
			this.hasLastWords = true;
		}
	}

	/** Returns whether anything was sent that asks for an ACK. */
	flush(nowMs: number, send: Send): boolean {
		const { connection } = this;
		this.waitsForPacing = false;
		if (this.nextNumber >= PACKET_NUMBER_LIMIT) {
			connection.close(CLOSE.numbersUsedUp, { reason: 'numbers-used-up' });
		}
		if (connection.ended) {
			if (this.hasLastWords) {
				this.hasLastWords = false;
				send(this.lastWords!, connection.paths.active);
			}
			return false;
		}
		this.flushPaths(nowMs, send);
		const { congestion, recovery, pacer, paths, stats } = connection;
		const { smoothedMs } = recovery.roundTrip;
		pacer.advance(
			nowMs,
			congestion.windowBytes,
			smoothedMs,
			congestion.inSlowStart,
		);
		let eliciting = false;
		for (
			let next = this.decide(nowMs);
			next !== 'nothing';
			next = this.decide(nowMs)
		) {
			const datagram =
				next === 'ack' ? this.builder.ack(nowMs) : this.data(nowMs);
			eliciting ||= next === 'data';
			stats.sent++;
			send(datagram, paths.active);
		}
		return eliciting;
	}

	private flushPaths(nowMs: number, send: Send): void {
		const { paths, recovery, stats } = this.connection;
		const againMs = recovery.roundTrip.probeTimeoutMs;
		for (
			let next = paths.next(nowMs, againMs);
			next;
			next = paths.next(nowMs, againMs)
		) {
			const datagram = this.builder.single(next.frame);
			if (paths.allow(next.to, datagram.length)) {
				stats.sent++;
				send(datagram, next.to);
			}
		}
	}

	private get hasData(): boolean {
		const { sending } = this.connection;
		return (
			this.builder.control.length > 0 ||
			sending.toResend !== undefined ||
			sending.hasNew
		);
	}

	/** Whether the window has room for one more packet. */
	private get windowOpen(): boolean {
		const { recovery, congestion } = this.connection;
		return recovery.bytesInFlight + DATAGRAM_BYTES <= congestion.windowBytes;
	}

	private decide(nowMs: number): 'nothing' | 'ack' | 'data' {
		const { acks, pacer } = this.connection;
		const ackDue = acks.dueMs <= nowMs;
		const ackAlone = ackDue && !this.builder.ackFits;
		if (this.probes > 0) {
			return ackAlone ? 'ack' : 'data';
		}
		const { hasData, windowOpen } = this;
		this.limited = hasData && !(windowOpen && pacer.ready);
		this.waitsForPacing = hasData && windowOpen && !pacer.ready;
		if (hasData && !this.limited && !ackAlone) {
			return 'data';
		}
		return ackDue ? 'ack' : 'nothing';
	}

	private data(nowMs: number): Buffer {
		const datagram = this.builder.data(nowMs, this.asksForAck);
		this.connection.pacer.spend(datagram.length);
		this.probes = Math.max(0, this.probes - 1);
		return datagram;
	}

	private readonly asksForAck = (packetNumber: number): boolean => {
		const isSmall = this.connection.congestion.windowBytes < SMALL_WINDOW_BYTES;
		return (
			isSmall && (packetNumber % 2 === 1 || !this.hasData || !this.windowOpen)
		);
	};
}
