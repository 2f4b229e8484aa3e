import {
	ACK_HEADER_BYTES,
	DELAY_UNITS_PER_MS,
	FRAME,
	RANGE_BYTES,
	STREAM_HEADER_BYTES,
	type Frame,
	type Range,
} from './frames.js';
import {
	CHALLENGE_BYTES,
	ID_BYTES,
	MAX_RANGES_TOLD,
	MAX_TOKEN_BYTES,
	RESET_TOKEN_BYTES,
	TOKEN_SECRET_BYTES,
} from './limits.js';

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
