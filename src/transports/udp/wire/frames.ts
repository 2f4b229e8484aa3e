import {
	CHALLENGE_BYTES,
	ID_BYTES,
	MAX_RANGES_TOLD,
	MAX_TOKEN_BYTES,
	RESET_TOKEN_BYTES,
	TOKEN_SECRET_BYTES,
} from './limits.js';

/** The first byte of a frame. */
export const FRAME = {
	padding: 0x00,
	ping: 0x01,
	ack: 0x02,
	stream: 0x03,
	/** STREAM whose last byte is the stream's last. */
	streamEnd: 0x04,
	pathChallenge: 0x05,
	pathResponse: 0x06,
	newToken: 0x07,
	keyConfirm: 0x08,
	close: 0x09,
} as const;

/** Why a connection is closed, as CLOSE tells it. */
export const CLOSE = {
	/** Both ends have everything. */
	done: 0,
	/** The application let go of the stream before its end. */
	aborted: 1,
	/** The other end broke a rule of the protocol. */
	violation: 2,
	/** The packet numbers are used up. */
	numbersUsedUp: 3,
	/** The node is closing for all. */
	goingAway: 4,
} as const;

/** Packet numbers that were received, both ends included. */
export interface Range {
	low: number;
	high: number;
}

/** What a device is given for its next connection to the same node. */
export interface NextToken {
	readonly serverId: Buffer;
	/** Never shown again: the keys of that connection's epoch 0 are made from it. */
	readonly secret: Buffer;
	/** Shown in INIT. */
	readonly token: Buffer;
}

export type Frame =
	| { readonly type: 'ping' }
	| {
			readonly type: 'ack';
			readonly ranges: readonly Range[];
			readonly delayMs: number;
			/** The stream offset up to which the other end may send. */
			readonly limit: number;
	  }
	| {
			readonly type: 'stream';
			readonly offset: number;
			readonly data: Buffer;
			readonly fin: boolean;
	  }
	| { readonly type: 'path-challenge' | 'path-response'; readonly data: Buffer }
	| ({ readonly type: 'new-token' } & NextToken)
	| { readonly type: 'key-confirm'; readonly resetToken: Buffer }
	| { readonly type: 'close'; readonly code: number };

/** Control frames of fixed content: kept as they were encoded, and resent when they are lost. */
export type ControlFrame = Buffer;

/** Type, offset and length in front of a segment. */
export const STREAM_HEADER_BYTES = 1 + 6 + 2;

/** The ACK delay is told in tenths of a millisecond. */
const DELAY_UNITS_PER_MS = 10;
const ACK_HEADER_BYTES = 1 + 2 + 6 + 1;
const RANGE_BYTES = 8;

export const ackBytes = (ranges: number): number =>
	ACK_HEADER_BYTES + RANGE_BYTES * ranges;

/** Writes an ACK of the newest ranges, as many as fit or so many; they come newest first. */
export function writeAck(
	into: Buffer,
	at: number,
	ranges: readonly Range[],
	delayMs: number,
	limit: number,
	count = Math.min(ranges.length, MAX_RANGES_TOLD),
): number {
	into[at] = FRAME.ack;
	const delay = Math.min(0xffff, Math.round(delayMs * DELAY_UNITS_PER_MS));
	into.writeUInt16BE(delay, at + 1);
	into.writeUIntBE(limit, at + 3, 6);
	into[at + 9] = count;
	let next = at + ACK_HEADER_BYTES;
	for (let i = 0; i < count; i++) {
		const range = ranges[i]!;
		next = into.writeUInt32BE(range.low, next);
		next = into.writeUInt32BE(range.high, next);
	}
	return next;
}

export function writeStream(
	into: Buffer,
	at: number,
	offset: number,
	data: Buffer,
	fin: boolean,
): number {
	into[at] = fin ? FRAME.streamEnd : FRAME.stream;
	into.writeUIntBE(offset, at + 1, 6);
	into.writeUInt16BE(data.length, at + 7);
	into.set(data, at + STREAM_HEADER_BYTES);
	return at + STREAM_HEADER_BYTES + data.length;
}

export const PING: ControlFrame = Buffer.of(FRAME.ping);

export const closeFrame = (code: number): ControlFrame =>
	Buffer.of(FRAME.close, code);

export const keyConfirmFrame = (resetToken: Buffer): ControlFrame =>
	Buffer.concat([Buffer.of(FRAME.keyConfirm), resetToken]);

export const newTokenFrame = ({
	serverId,
	secret,
	token,
}: NextToken): ControlFrame =>
	Buffer.concat([
		Buffer.of(FRAME.newToken),
		serverId,
		secret,
		Buffer.of(token.length),
		token,
	]);

export const pathFrame = (
	type: 'path-challenge' | 'path-response',
	data: Buffer,
): ControlFrame =>
	Buffer.concat([
		Buffer.of(
			type === 'path-challenge' ? FRAME.pathChallenge : FRAME.pathResponse,
		),
		data,
	]);

/**
 * All frames of a packet, or undefined when any of it is malformed. Nothing is acted on before all of it
 * was read; data are views into the datagram.
 */
export function decodeFrames(datagram: Buffer): Frame[] | undefined {
	const frames: Frame[] = [];
	const end = datagram.length;
	let at = 0;
	while (at < end) {
		const left = end - at;
		let used: number;
		switch (datagram[at]) {
			case FRAME.padding:
				used = 1;
				break;
			case FRAME.ping:
				frames.push({ type: 'ping' });
				used = 1;
				break;
			case FRAME.stream:
			case FRAME.streamEnd:
				used = decodeStream(datagram, at, left, frames);
				break;
			case FRAME.ack:
				used = decodeAck(datagram, at, left, frames);
				break;
			default:
				used = decodeControl(datagram, at, left, frames);
		}
		if (used === 0) {
			return undefined;
		}
		at += used;
	}
	return frames;
}

/** The decoders below return how many bytes they used; 0 = malformed. */
function decodeStream(
	from: Buffer,
	at: number,
	left: number,
	into: Frame[],
): number {
	if (left < STREAM_HEADER_BYTES) {
		return 0;
	}
	const length = from.readUInt16BE(at + 7);
	const used = STREAM_HEADER_BYTES + length;
	const fin = from[at] === FRAME.streamEnd;
	if (used > left || (length === 0 && !fin)) {
		return 0;
	}
	const data = from.subarray(at + STREAM_HEADER_BYTES, at + used);
	into.push({ type: 'stream', offset: from.readUIntBE(at + 1, 6), data, fin });
	return used;
}

/** Ranges must come newest first, apart from each other, and not be empty. */
function decodeAck(
	from: Buffer,
	at: number,
	left: number,
	into: Frame[],
): number {
	const count = left < ACK_HEADER_BYTES ? 0 : from[at + 9]!;
	const used = ACK_HEADER_BYTES + RANGE_BYTES * count;
	if (count === 0 || count > MAX_RANGES_TOLD || used > left) {
		return 0;
	}
	const ranges: Range[] = [];
	let below = Infinity;
	for (
		let next = at + ACK_HEADER_BYTES;
		next < at + used;
		next += RANGE_BYTES
	) {
		const low = from.readUInt32BE(next);
		const high = from.readUInt32BE(next + 4);
		if (low > high || high >= below - 1) {
			return 0;
		}
		ranges.push({ low, high });
		below = low;
	}
	const delayMs = from.readUInt16BE(at + 1) / DELAY_UNITS_PER_MS;
	into.push({
		type: 'ack',
		ranges,
		delayMs,
		limit: from.readUIntBE(at + 3, 6),
	});
	return used;
}

function decodeControl(
	from: Buffer,
	at: number,
	left: number,
	into: Frame[],
): number {
	const body = (bytes: number) => from.subarray(at + 1, at + 1 + bytes);
	switch (from[at]) {
		case FRAME.pathChallenge:
		case FRAME.pathResponse: {
			if (left < 1 + CHALLENGE_BYTES) {
				return 0;
			}
			const type =
				from[at] === FRAME.pathChallenge ? 'path-challenge' : 'path-response';
			into.push({ type, data: body(CHALLENGE_BYTES) });
			return 1 + CHALLENGE_BYTES;
		}
		case FRAME.newToken: {
			const lengthAt = at + 1 + ID_BYTES + TOKEN_SECRET_BYTES;
			const tokenBytes = from[lengthAt] ?? Infinity;
			const end = lengthAt + 1 + tokenBytes;
			if (tokenBytes > MAX_TOKEN_BYTES || end > at + left) {
				return 0;
			}
			// Kept for long, so they are copies.
			const part = (start: number, stop: number) =>
				Buffer.from(from.subarray(start, stop));
			into.push({
				type: 'new-token',
				serverId: part(at + 1, at + 1 + ID_BYTES),
				secret: part(at + 1 + ID_BYTES, lengthAt),
				token: part(lengthAt + 1, end),
			});
			return end - at;
		}
		case FRAME.keyConfirm:
			if (left < 1 + RESET_TOKEN_BYTES) {
				return 0;
			}
			into.push({ type: 'key-confirm', resetToken: body(RESET_TOKEN_BYTES) });
			return 1 + RESET_TOKEN_BYTES;
		case FRAME.close:
			if (left < 2) {
				return 0;
			}
			into.push({ type: 'close', code: from[at + 1]! });
			return 2;
		default:
			return 0;
	}
}
