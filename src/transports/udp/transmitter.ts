import type { Connection } from './connection.js';
import {
	ackBytes,
	CLOSE,
	closeFrame,
	PING,
	STREAM_HEADER_BYTES,
	writeAck,
	writeStream,
	type ControlFrame,
} from './frames.js';
import { seal } from './keys.js';
import {
	DATAGRAM_BYTES,
	MAX_TOKEN_BYTES,
	PACKET_NUMBER_LIMIT,
	TAG_BYTES,
} from './limits.js';
import {
	askForAckNow,
	HANDSHAKE_HEADER_BYTES,
	initHeaderBytes,
	SHORT_HEADER_BYTES,
	writeHandshakeHeader,
	writeInitHeader,
	writeShortHeader,
} from './packet.js';
import type { Address } from './path.js';
import type { Segment } from './send-stream.js';

/** RFC 9002, 6.2.4. */
const PROBES = 2;
/** Below this window the receiver is asked for an ACK of every second packet: waiting for ten would idle the path. */
const SMALL_WINDOW_BYTES = 32 * DATAGRAM_BYTES;
/** A new segment shorter than this is not squeezed into a packet's rest when more bytes wait. */
const SLIVER_BYTES = 128;

const SEND_END = DATAGRAM_BYTES - TAG_BYTES;
/** Where frames begin in the longest header there is, so that a segment fits whatever the token becomes. */
const INIT_FRAMES_AT = initHeaderBytes(Buffer.alloc(MAX_TOKEN_BYTES));

const NO_SEGMENTS: readonly Segment[] = [];
const NO_CONTROL: readonly ControlFrame[] = [];

/** Builds packets out of what a connection has to say, as far as congestion and pacing allow. */
export class Transmitter {
	nextNumber = 0;
	/** Whether the window or pacing, and not a lack of data, held the last flush back. */
	limited = false;
	/** The last packet of a connection that was closed here. */
	lastWords: Buffer | undefined;
	hasLastWords = false;
	private readonly control: ControlFrame[] = [];
	private probes = 0;
	private waitsForPacing = false;

	constructor(private readonly connection: Connection) {}

	queue(frame: ControlFrame): void {
		if (frame !== PING || !this.control.includes(PING)) {
			this.control.push(frame);
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

	close(code: number): void {
		const { epochs, acks } = this.connection;
		if (
			this.nextNumber >= 2 ** 32 ||
			(this.connection.role === 'client' && !this.connection.heard)
		) {
			return;
		}
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		let at = this.writeHeader(datagram, false);
		if (this.connection.received.ranges.length > 0) {
			at = this.writeAckFrame(datagram, at, acks.largestAtMs);
		}
		at += closeFrame(code).copy(datagram, at);
		this.lastWords = seal(epochs.sealKey, datagram, at);
		this.hasLastWords = true;
	}

	/** Returns whether anything was sent that asks for an ACK. */
	flush(nowMs: number, send: (datagram: Buffer, to: Address) => void): boolean {
		const { connection } = this;
		this.waitsForPacing = false;
		if (!connection.ended && this.nextNumber >= PACKET_NUMBER_LIMIT) {
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
		const { congestion, recovery, pacer } = connection;
		pacer.advance(
			nowMs,
			congestion.windowBytes,
			recovery.roundTrip.smoothedMs,
			congestion.inSlowStart,
		);
		let eliciting = false;
		for (
			let next = this.decide(nowMs);
			next !== 'nothing';
			next = this.decide(nowMs)
		) {
			const datagram =
				next === 'ack' ? this.buildAck(nowMs) : this.buildData(nowMs);
			eliciting ||= next === 'data';
			connection.stats.sent++;
			send(datagram, connection.paths.active);
		}
		return eliciting;
	}

	private flushPaths(
		nowMs: number,
		send: (datagram: Buffer, to: Address) => void,
	): void {
		const { paths, recovery, epochs } = this.connection;
		const againMs = recovery.roundTrip.probeTimeoutMs;
		for (
			let next = paths.next(nowMs, againMs);
			next;
			next = paths.next(nowMs, againMs)
		) {
			const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
			let at = this.writeHeader(datagram, true);
			at += next.frame.copy(datagram, at);
			const sealed = seal(epochs.sealKey, datagram, at);
			if (paths.allow(next.to, sealed.length)) {
				this.connection.stats.sent++;
				send(sealed, next.to);
			}
		}
	}

	private get hasData(): boolean {
		const { sending } = this.connection;
		return (
			this.control.length > 0 ||
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
		const hasData = this.hasData;
		if (this.probes > 0) {
			return this.ackGoesAlone(ackDue) ? 'ack' : 'data';
		}
		const open = this.windowOpen;
		this.limited = hasData && !(open && pacer.ready);
		this.waitsForPacing = hasData && open && !pacer.ready;
		if (hasData && !this.limited && !this.ackGoesAlone(ackDue)) {
			return 'data';
		}
		return ackDue ? 'ack' : 'nothing';
	}

	/** A segment that is sent again keeps its size, and may leave no room for an ACK that is due. */
	private ackGoesAlone(ackDue: boolean): boolean {
		const { sending, received } = this.connection;
		const segment = sending.toResend;
		return (
			ackDue &&
			segment !== undefined &&
			this.framesAt +
				ackBytes(received.ranges) +
				STREAM_HEADER_BYTES +
				segment.data.length >
				SEND_END
		);
	}

	private get isInit(): boolean {
		return !this.connection.heard;
	}

	/** Where frames begin in the next packet. */
	private get framesAt(): number {
		const { connection } = this;
		if (connection.epochs.sendsConfirmed) {
			return SHORT_HEADER_BYTES;
		}
		return this.isInit
			? initHeaderBytes(connection.token)
			: HANDSHAKE_HEADER_BYTES;
	}

	private writeHeader(datagram: Buffer, ackNow: boolean): number {
		const { serverId, token, options, role, epochs } = this.connection;
		const { clientId, nonce } = options;
		const packetNumber = this.nextNumber++;
		const [to, from] =
			role === 'client' ? [serverId, clientId] : [clientId, serverId];
		if (epochs.sendsConfirmed) {
			return writeShortHeader(datagram, to, packetNumber, ackNow);
		}
		return this.isInit
			? writeInitHeader(
					datagram,
					{ serverId, clientId, nonce, token },
					packetNumber,
				)
			: writeHandshakeHeader(datagram, to, from, packetNumber);
	}

	private writeAckFrame(datagram: Buffer, at: number, nowMs: number): number {
		const { received, acks, receiving } = this.connection;
		const delayMs = Math.max(0, nowMs - acks.largestAtMs);
		acks.onSent();
		return writeAck(
			datagram,
			at,
			received.ranges,
			delayMs,
			receiving.tellLimit(),
		);
	}

	/** An ACK alone is neither acknowledged nor held back by the window. */
	private buildAck(nowMs: number): Buffer {
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		const at = this.writeAckFrame(
			datagram,
			this.writeHeader(datagram, false),
			nowMs,
		);
		return seal(this.connection.epochs.sealKey, datagram, at);
	}

	private buildData(nowMs: number): Buffer {
		const { connection } = this;
		const { acks, received, recovery, pacer, epochs } = connection;
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		const packetNumber = this.nextNumber;
		const init = this.isInit;
		let at = this.writeHeader(datagram, false);
		const ackOwed = acks.dueMs !== Infinity && received.ranges.length > 0;
		if (ackOwed && !this.ackGoesAlone(true)) {
			at = this.writeAckFrame(datagram, at, nowMs);
		}
		const control = this.takeControl(datagram, at);
		for (const frame of control) {
			at += frame.length;
		}
		const segments = this.takeSegments(at);
		for (const segment of segments) {
			segment.copies++;
			at = writeStream(datagram, at, segment.offset, segment.data, segment.fin);
		}
		if (control.length === 0 && segments.length === 0) {
			at += PING.copy(datagram, at);
		}
		if (init) {
			datagram.fill(0, at, SEND_END);
			at = SEND_END;
		}
		const bytes = at + TAG_BYTES;
		recovery.onSent({ packetNumber, sentMs: nowMs, bytes, segments, control });
		pacer.spend(bytes);
		this.probes = Math.max(0, this.probes - 1);
		if (epochs.sendsConfirmed && this.wantsAckNow(packetNumber)) {
			askForAckNow(datagram);
		}
		return seal(epochs.sealKey, datagram, at);
	}

	private wantsAckNow(packetNumber: number): boolean {
		const { congestion } = this.connection;
		return (
			congestion.windowBytes < SMALL_WINDOW_BYTES &&
			(packetNumber % 2 === 1 || !this.hasData || !this.windowOpen)
		);
	}

	private takeControl(datagram: Buffer, at: number): readonly ControlFrame[] {
		if (this.control.length === 0) {
			return NO_CONTROL;
		}
		const taken: ControlFrame[] = [];
		let next = at;
		while (this.control[0] && next + this.control[0].length <= SEND_END) {
			const frame = this.control.shift()!;
			next += frame.copy(datagram, next);
			taken.push(frame);
		}
		return taken;
	}

	/** What was lost first, then new bytes; a probe with neither repeats the oldest that is in flight. */
	private takeSegments(start: number): readonly Segment[] {
		const { sending, recovery } = this.connection;
		const taken: Segment[] = [];
		let at = start;
		for (let segment = sending.toResend; segment; segment = sending.toResend) {
			const end = at + STREAM_HEADER_BYTES + segment.data.length;
			if (end > SEND_END) {
				return taken;
			}
			sending.takeResend();
			taken.push(segment);
			at = end;
		}
		const room = this.newSegmentEnd - at - STREAM_HEADER_BYTES;
		if (
			sending.hasNew &&
			(room >= SLIVER_BYTES || (taken.length === 0 && room > 0))
		) {
			taken.push(sending.cut(room));
		}
		if (taken.length > 0 || this.probes === 0) {
			return taken.length > 0 ? taken : NO_SEGMENTS;
		}
		return this.repeatOldest(start, recovery.oldest?.segments ?? NO_SEGMENTS);
	}

	/** In the client's epoch 0 a segment leaves room for any token: a RETRY may send it out again. */
	private get newSegmentEnd(): number {
		const { role, epochs } = this.connection;
		return role === 'client' && !epochs.sendsConfirmed
			? SEND_END - (INIT_FRAMES_AT - this.framesAt)
			: SEND_END;
	}

	private repeatOldest(
		start: number,
		segments: readonly Segment[],
	): readonly Segment[] {
		const taken: Segment[] = [];
		let at = start;
		for (const segment of segments) {
			at += STREAM_HEADER_BYTES + segment.data.length;
			if (!segment.acknowledged && at <= SEND_END) {
				taken.push(segment);
			}
		}
		return taken;
	}
}
