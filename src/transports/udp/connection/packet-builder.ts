import { STREAM_HEADER_BYTES, type ControlFrame } from '../wire/frames.js';
import { PING, writeStream } from '../wire/encode-frames.js';
import { MAX_DATAGRAM_BYTES, TAG_BYTES } from '../wire/limits.js';
import type { Envelope } from './envelope.js';
import type { SentPacket } from './sent-packet.js';
import type { Segment } from './send-stream.js';

/** A new segment shorter than this is not squeezed into a packet's rest when more bytes wait. */
const SLIVER_BYTES = 128;

/** Where the ACKs come from. */
export interface AckSource {
	readonly isOwed: boolean;
	readonly bytes: number;
	/** Returns where it ends. */
	write(datagram: Buffer, at: number, nowMs: number): number;
}

/** Where stream bytes come from. */
export interface SegmentSource {
	/** The first segment that waits to be sent again. */
	readonly toResend: Segment | undefined;
	takeResend(): void;
	readonly hasNew: boolean;
	/** A new segment of at most so many bytes. */
	cut(mostBytes: number): Segment;
}

/** What is entered as in flight, and repeated when there is nothing new. */
export interface InFlight {
	readonly oldest: SentPacket | undefined;
	onSent(packet: SentPacket): void;
}

/** Where packet numbers come from. */
export interface NumberSource {
	/** Counted up for packets without stream bytes. */
	next: number;
	take(windowPackets: number): number;
}

export interface BuilderParts {
	readonly envelope: Envelope;
	readonly numbers: NumberSource;
	readonly acks: AckSource;
	readonly segments: SegmentSource;
	readonly inFlight: InFlight;
}

/** Turns what a connection has to say into sealed datagrams, each with a number of its own. */
export class PacketBuilder {
	readonly #control: ControlFrame[] = [];
	readonly #parts: BuilderParts;

	constructor(parts: BuilderParts) {
		this.#parts = parts;
	}

	/** A PING that waits already is enough. */
	queue(frame: ControlFrame): void {
		if (frame !== PING || !this.#control.includes(PING)) {
			this.#control.push(frame);
		}
	}

	get hasData(): boolean {
		return this.#control.length > 0 || this.#holdsBytes;
	}

	/** Only an ACK of bytes can be a lie that pays. */
	get #holdsBytes(): boolean {
		const { segments } = this.#parts;
		return segments.toResend !== undefined || segments.hasNew;
	}

	/** Whether an ACK fits beside the next segment, which keeps its size when it is sent again. */
	get ackFits(): boolean {
		const { envelope, acks, segments } = this.#parts;
		const segment = segments.toResend;
		const bytes = segment ? STREAM_HEADER_BYTES + segment.data.length : 0;
		return envelope.framesAt + acks.bytes + bytes <= envelope.framesEnd;
	}

	/** An ACK alone is neither acknowledged nor held back by the window. */
	ack(nowMs: number): Buffer {
		const datagram = Buffer.allocUnsafe(MAX_DATAGRAM_BYTES);
		const { framesAt } = this.#parts.envelope;
		const end = this.#parts.acks.write(datagram, framesAt, nowMs);
		return this.#seal(datagram, end);
	}

	/** One frame for one address. */
	single(frame: ControlFrame): Buffer {
		const datagram = Buffer.allocUnsafe(MAX_DATAGRAM_BYTES);
		const { framesAt } = this.#parts.envelope;
		return this.#seal(datagram, framesAt + frame.copy(datagram, framesAt));
	}

	/** A last word alone: short, for it is repeated to whoever asks, and no answer is longer than three times what it answers. */
	last(frame: ControlFrame): Buffer {
		const { framesAt } = this.#parts.envelope;
		const datagram = Buffer.allocUnsafe(MAX_DATAGRAM_BYTES);
		return this.#seal(datagram, framesAt + frame.copy(datagram, framesAt));
	}

	#seal(datagram: Buffer, end: number): Buffer {
		const { envelope, numbers } = this.#parts;
		const packetNumber = numbers.next++;
		const framesAt = envelope.writeHeader(datagram, packetNumber, false);
		return envelope.seal(datagram, framesAt, end, packetNumber);
	}

	/**
	 * The next packet with data, entered as in flight: the ACK that is owed, control frames, segments. With nothing to send it
	 * repeats the oldest in flight, or is a PING. `asksForAck` is asked once everything is taken.
	 */
	data(
		nowMs: number,
		windowPackets: number,
		asksForAck: (packetNumber: number, hasMore: boolean) => boolean,
	): Buffer {
		const { envelope, acks, inFlight, numbers } = this.#parts;
		const datagram = Buffer.allocUnsafe(MAX_DATAGRAM_BYTES);
		const packetNumber = this.#holdsBytes
			? numbers.take(windowPackets)
			: numbers.next++;
		const { framesAt, framesEnd, isPadded } = envelope;
		let at = framesAt;
		if (acks.isOwed && this.ackFits) {
			at = acks.write(datagram, at, nowMs);
		}
		const control = this.#takeControl(datagram, at);
		for (const frame of control) {
			at += frame.length;
		}
		const segments = this.#takeSegments(at, control.length === 0);
		for (const segment of segments) {
			segment.copies++;
			at = writeStream(datagram, at, segment.offset, segment.data, segment.fin);
		}
		if (control.length === 0 && segments.length === 0) {
			at += PING.copy(datagram, at);
		}
		if (isPadded) {
			datagram.fill(0, at, framesEnd);
			at = framesEnd;
		}
		const bytes = at + TAG_BYTES;
		inFlight.onSent({ packetNumber, sentMs: nowMs, bytes, segments, control });
		const ackNow = asksForAck(packetNumber, this.hasData);
		envelope.writeHeader(datagram, packetNumber, ackNow);
		return envelope.seal(datagram, framesAt, at, packetNumber);
	}

	#takeControl(datagram: Buffer, at: number): readonly ControlFrame[] {
		const { framesEnd } = this.#parts.envelope;
		const taken: ControlFrame[] = [];
		let next = at;
		while (this.#control[0] && next + this.#control[0].length <= framesEnd) {
			const frame = this.#control.shift()!;
			next += frame.copy(datagram, next);
			taken.push(frame);
		}
		return taken;
	}

	/** What was lost first, then new bytes; if there are neither, and `mayRepeat`, the oldest that is in flight. */
	#takeSegments(start: number, mayRepeat: boolean): readonly Segment[] {
		const { envelope, segments, inFlight } = this.#parts;
		const taken: Segment[] = [];
		let at = start;
		for (let next = segments.toResend; next; next = segments.toResend) {
			const end = at + STREAM_HEADER_BYTES + next.data.length;
			if (end > envelope.framesEnd) {
				return taken;
			}
			segments.takeResend();
			taken.push(next);
			at = end;
		}
		const room = envelope.newSegmentEnd - at - STREAM_HEADER_BYTES;
		if (
			segments.hasNew &&
			(room >= SLIVER_BYTES || (taken.length === 0 && room > 0))
		) {
			taken.push(segments.cut(room));
		}
		return taken.length === 0 && mayRepeat
			? fitting(start, envelope.framesEnd, inFlight.oldest?.segments ?? [])
			: taken;
	}
}

/** Those that are still wanted and fit behind what is there. */
function fitting(
	start: number,
	framesEnd: number,
	segments: readonly Segment[],
): readonly Segment[] {
	let at = start;
	return segments.filter(({ acknowledged, data }) => {
		const bytes = STREAM_HEADER_BYTES + data.length;
		const fits = !acknowledged && at + bytes <= framesEnd;
		at += fits ? bytes : 0;
		return fits;
	});
}
