import {
	ACK_HEADER_BYTES,
	DELAY_UNITS_PER_MS,
	FRAME,
	RANGE_BYTES,
	STREAM_HEADER_BYTES,
	type ControlFrame,
	type NextToken,
	type Range,
} from './frames.js';
import { MAX_RANGES_TOLD } from './limits.js';

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
