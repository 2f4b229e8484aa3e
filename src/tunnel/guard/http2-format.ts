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
/** What is taken for a part of the head, so that the error code is in it: of RST_STREAM all, of GOAWAY also the last stream. */
const CODE_BYTES: Record<number, number> = { [RST_STREAM]: 4, [GOAWAY]: 8 };

/** Error codes (RFC 9113, 7). */
export const FLOW_CONTROL_ERROR = 3;

export const payloadLength = (bytes: Buffer, at: number): number =>
	bytes.readUIntBE(at, 3);
export const typeOf = (bytes: Buffer, at: number): number => bytes[at + 3]!;
export const flagsOf = (bytes: Buffer, at: number): number => bytes[at + 4]!;
export const streamOf = (bytes: Buffer, at: number): number =>
	bytes.readUInt32BE(at + 5) & 0x7fffffff;
/** The error code of a RST_STREAM or GOAWAY of ours. */
export const errorCodeOf = (bytes: Buffer, at: number): number =>
	bytes.readUInt32BE(at + HEAD_BYTES + codeBytes(bytes, at) - 4);

const codeBytes = (bytes: Buffer, at: number): number =>
	CODE_BYTES[typeOf(bytes, at)] ?? 0;

/** What the node sends. */
export const INCOMING: FrameFormat = {
	leastHeadBytes: HEAD_BYTES,
	headBytes: () => HEAD_BYTES,
	payloadBytes: payloadLength,
};

/** What we send, which is well formed. */
export const OUTGOING: FrameFormat = {
	leastHeadBytes: HEAD_BYTES,
	headBytes: (bytes, at) => HEAD_BYTES + codeBytes(bytes, at),
	payloadBytes: (bytes, at) => payloadLength(bytes, at) - codeBytes(bytes, at),
};
