/* eslint-disable no-bitwise -- flags of frames */
import type { FrameFormat } from './frame-heads.js';

/** Frame types (RFC 9113, 6). */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const CONTINUATION = 9;

/** Flags of the same. */
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;

/** What a client says before its first frame (RFC 9113, 3.4). */
export const PREFACE_BYTES = 24;

const HEAD_BYTES = 9;
/** Of a GOAWAY also the last stream and the error code are taken for its head. */
const GOAWAY_BYTES = 8;

export const payloadLength = (bytes: Buffer, at: number): number =>
	bytes.readUIntBE(at, 3);
export const typeOf = (bytes: Buffer, at: number): number => bytes[at + 3]!;
export const flagsOf = (bytes: Buffer, at: number): number => bytes[at + 4]!;
export const streamOf = (bytes: Buffer, at: number): number =>
	bytes.readUInt32BE(at + 5) & 0x7fffffff;
export const goawayCode = (bytes: Buffer, at: number): number =>
	bytes.readUInt32BE(at + HEAD_BYTES + 4);

/** What the node sends. */
export const INCOMING: FrameFormat = {
	leastHeadBytes: HEAD_BYTES,
	headBytes: () => HEAD_BYTES,
	payloadBytes: payloadLength,
};

/** What we send, which is well formed. */
export const OUTGOING: FrameFormat = {
	leastHeadBytes: HEAD_BYTES,
	headBytes: (bytes, at) =>
		typeOf(bytes, at) === GOAWAY ? HEAD_BYTES + GOAWAY_BYTES : HEAD_BYTES,
	payloadBytes: (bytes, at) =>
		payloadLength(bytes, at) -
		(typeOf(bytes, at) === GOAWAY ? GOAWAY_BYTES : 0),
};
