import type { Connection } from './connection.js';
import {
	ackBytes,
	PING,
	STREAM_HEADER_BYTES,
	writeAck,
	writeStream,
	type ControlFrame,
} from './frames.js';
import { seal } from './keys.js';
import { DATAGRAM_BYTES, MAX_TOKEN_BYTES, TAG_BYTES } from './limits.js';
import {
	askForAckNow,
	HANDSHAKE_HEADER_BYTES,
	initHeaderBytes,
	SHORT_HEADER_BYTES,
	writeHandshakeHeader,
	writeInitHeader,
	writeShortHeader,
} from './packet.js';
import type { Segment } from './send-stream.js';

/** A new segment shorter than this is not squeezed into a packet's rest when more bytes wait. */
const SLIVER_BYTES = 128;

const FRAMES_END = DATAGRAM_BYTES - TAG_BYTES;
/** Where frames begin in the longest header there is, so that a segment fits whatever the token becomes. */
const LONGEST_INIT_FRAMES_AT = initHeaderBytes(MAX_TOKEN_BYTES);

/** Turns what a connection has to say into sealed datagrams, each with a number of its own. */
export class PacketBuilder {
	nextNumber = 0;
	/** Control frames that wait to be sent. */
	readonly control: ControlFrame[] = [];

	constructor(private readonly connection: Connection) {}

	/** Where frames begin in the next packet. */
	private get framesAt(): number {
		const { epochs, heard, token } = this.connection;
		if (epochs.sendsConfirmed) {
			return SHORT_HEADER_BYTES;
		}
		return heard ? HANDSHAKE_HEADER_BYTES : initHeaderBytes(token.length);
	}

	private writeHeader(datagram: Buffer): number {
		const { serverId, token, options, role, epochs, heard } = this.connection;
		const { clientId, nonce } = options;
		const packetNumber = this.nextNumber++;
		const [to, from] =
			role === 'client' ? [serverId, clientId] : [clientId, serverId];
		if (epochs.sendsConfirmed) {
			return writeShortHeader(datagram, to, packetNumber);
		}
		return heard
			? writeHandshakeHeader(datagram, to, from, packetNumber)
			: writeInitHeader(
					datagram,
					{ serverId, clientId, nonce, token },
					packetNumber,
				);
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

	private seal(datagram: Buffer, length: number): Buffer {
		return seal(this.connection.epochs.sealKey, datagram, length);
	}

	/** An ACK alone is neither acknowledged nor held back by the window. */
	ack(nowMs: number): Buffer {
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		const at = this.writeHeader(datagram);
		return this.seal(datagram, this.writeAckFrame(datagram, at, nowMs));
	}

	/** One frame for one address. */
	single(frame: ControlFrame): Buffer {
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		const at = this.writeHeader(datagram);
		return this.seal(datagram, at + frame.copy(datagram, at));
	}

	/** What was received, and a last word. */
	last(frame: ControlFrame): Buffer {
		const { received, acks } = this.connection;
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		let at = this.writeHeader(datagram);
		if (received.ranges.length > 0) {
			at = this.writeAckFrame(datagram, at, acks.largestAtMs);
		}
		return this.seal(datagram, at + frame.copy(datagram, at));
	}

	/**
	 * The next packet with data, entered as in flight: the ACK that is owed, control frames, segments. With
	 * nothing to send it repeats the oldest that is in flight, or is a PING. `askAck` is asked once all is taken.
	 */
	data(nowMs: number, askAck: (packetNumber: number) => boolean): Buffer {
		const { acks, received, recovery, epochs, heard } = this.connection;
		const datagram = Buffer.allocUnsafe(DATAGRAM_BYTES);
		const packetNumber = this.nextNumber;
		let at = this.writeHeader(datagram);
		const ackOwed = acks.dueMs !== Infinity && received.ranges.length > 0;
		if (ackOwed && this.ackFits) {
			at = this.writeAckFrame(datagram, at, nowMs);
		}
		const control = this.takeControl(datagram, at);
		for (const frame of control) {
			at += frame.length;
		}
		const segments = this.takeSegments(at, control.length === 0);
		for (const segment of segments) {
			segment.copies++;
			at = writeStream(datagram, at, segment.offset, segment.data, segment.fin);
		}
		if (control.length === 0 && segments.length === 0) {
			at += PING.copy(datagram, at);
		}
		if (!heard) {
			datagram.fill(0, at, FRAMES_END);
			at = FRAMES_END;
		}
		recovery.onSent({
			packetNumber,
			sentMs: nowMs,
			bytes: at + TAG_BYTES,
			segments,
			control,
		});
		if (epochs.sendsConfirmed && askAck(packetNumber)) {
			askForAckNow(datagram);
		}
		return this.seal(datagram, at);
	}

	/** A segment that is sent again keeps its size, and may leave no room for an ACK. */
	get ackFits(): boolean {
		const { sending, received } = this.connection;
		const segment = sending.toResend;
		const bytes = segment ? STREAM_HEADER_BYTES + segment.data.length : 0;
		return this.framesAt + ackBytes(received.ranges) + bytes <= FRAMES_END;
	}

	private takeControl(datagram: Buffer, at: number): readonly ControlFrame[] {
		const taken: ControlFrame[] = [];
		let next = at;
		while (this.control[0] && next + this.control[0].length <= FRAMES_END) {
			const frame = this.control.shift()!;
			next += frame.copy(datagram, next);
			taken.push(frame);
		}
		return taken;
	}

	/** What was lost first, then new bytes; if there are neither, and `mayRepeat`, the oldest that is in flight. */
	private takeSegments(start: number, mayRepeat: boolean): readonly Segment[] {
		const { sending, recovery } = this.connection;
		const taken: Segment[] = [];
		let at = start;
		for (let segment = sending.toResend; segment; segment = sending.toResend) {
			const end = at + STREAM_HEADER_BYTES + segment.data.length;
			if (end > FRAMES_END) {
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
		return taken.length === 0 && mayRepeat
			? fitting(start, recovery.oldest?.segments ?? [])
			: taken;
	}

	/** In the client's epoch 0 a segment leaves room for any token: a RETRY may send it out again. */
	private get newSegmentEnd(): number {
		const { role, epochs } = this.connection;
		return role === 'client' && !epochs.sendsConfirmed
			? FRAMES_END - (LONGEST_INIT_FRAMES_AT - this.framesAt)
			: FRAMES_END;
	}
}

/** Those that are still wanted and fit behind what is there. */
function fitting(
	start: number,
	segments: readonly Segment[],
): readonly Segment[] {
	let at = start;
	return segments.filter(({ acknowledged, data }) => {
		const bytes = STREAM_HEADER_BYTES + data.length;
		const fits = !acknowledged && at + bytes <= FRAMES_END;
		at += fits ? bytes : 0;
		return fits;
	});
}
