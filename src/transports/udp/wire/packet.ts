/* eslint-disable no-bitwise -- the first byte of a datagram is made of bits */
import {
	MAX_DATAGRAM_BYTES,
	ID_BYTES,
	MAX_TOKEN_BYTES,
	MIN_DATAGRAM_BYTES,
	NONCE_BYTES,
	TAG_BYTES,
	VERSION,
} from './limits.js';

/** The first byte of a long form: its top bit, and the type. */
export const LONG = {
	hello: 0x80,
	retry: 0x81,
	busy: 0x82,
	version: 0x83,
	init: 0x84,
	handshake: 0x85,
	reset: 0x86,
} as const;

/** The first byte of a short form, and its two flags. */
const SHORT = 0x40;
/** The sender's window is small: acknowledge at once. */
const ACK_NOW = 0x01;
const KEY_PHASE = 0x02;

const isShort = (first: number): boolean =>
	(first & ~(ACK_NOW | KEY_PHASE)) === SHORT;

const NUMBER_BYTES = 4;
/** Where the two IDs of a long form are, and what follows them. */
export const IDS_AT = 2;
export const AFTER_IDS = IDS_AT + 2 * ID_BYTES;

/** Bytes of a short form that are not frames. */
export const SHORT_HEADER_BYTES = 1 + ID_BYTES + NUMBER_BYTES;
export const HANDSHAKE_HEADER_BYTES = AFTER_IDS + NUMBER_BYTES;
export const initHeaderBytes = (tokenBytes: number): number =>
	AFTER_IDS + NONCE_BYTES + 1 + tokenBytes + NUMBER_BYTES;

/** The shortest protected packet: one frame of one byte. Longer than a RESET, so resets never answer each other. */
export const SHORTEST_SHORT_BYTES = SHORT_HEADER_BYTES + 1 + TAG_BYTES;

/** A sealed packet, not yet opened: its frames lie from `framesAt` to the tag. */
export interface ProtectedPacket {
	readonly type: 'init' | 'handshake' | 'short';
	readonly packetNumber: number;
	readonly framesAt: number;
	readonly ackNow: boolean;
	/** Which key of epoch 1; 0 in epoch 0. */
	readonly keyPhase: 0 | 1;
}

export interface Init extends ProtectedPacket {
	readonly type: 'init';
	readonly clientId: Buffer;
	readonly serverId: Buffer;
	readonly nonce: Buffer;
	readonly token: Buffer;
}

/** The ID that a protected packet is for, as a key of a table; undefined when there is none. */
export function destinationOf(datagram: Buffer): string | undefined {
	const first = datagram[0]!;
	if (isShort(first)) {
		return datagram.length < SHORTEST_SHORT_BYTES
			? undefined
			: datagram.toString('latin1', 1, 1 + ID_BYTES);
	}
	const isProtected = first === LONG.init || first === LONG.handshake;
	return isProtected && datagram.length >= HANDSHAKE_HEADER_BYTES + TAG_BYTES
		? datagram.toString('latin1', IDS_AT, IDS_AT + ID_BYTES)
		: undefined;
}

/** The same key, from an ID. */
export const idKey = (id: Buffer): string => id.toString('latin1', 0, ID_BYTES);

export function decodeProtected(
	datagram: Buffer,
): ProtectedPacket | Init | undefined {
	const { length } = datagram;
	if (length > MAX_DATAGRAM_BYTES) {
		return undefined;
	}
	const first = datagram[0]!;
	if (isShort(first)) {
		if (length < SHORTEST_SHORT_BYTES) {
			return undefined;
		}
		return {
			type: 'short',
			packetNumber: datagram.readUInt32BE(1 + ID_BYTES),
			framesAt: SHORT_HEADER_BYTES,
			ackNow: (first & ACK_NOW) !== 0,
			keyPhase: (first & KEY_PHASE) === 0 ? 0 : 1,
		};
	}
	if (datagram[1] !== VERSION) {
		return undefined;
	}
	if (first === LONG.handshake && length > HANDSHAKE_HEADER_BYTES + TAG_BYTES) {
		return {
			type: 'handshake',
			packetNumber: datagram.readUInt32BE(AFTER_IDS),
			framesAt: HANDSHAKE_HEADER_BYTES,
			ackNow: true,
			keyPhase: 0,
		};
	}
	return first === LONG.init ? decodeInit(datagram) : undefined;
}

/** An INIT is always padded to the size of the connection's datagrams: its answer may be larger than it. */
function decodeInit(datagram: Buffer): Init | undefined {
	if (datagram.length < MIN_DATAGRAM_BYTES) {
		return undefined;
	}
	const tokenAt = AFTER_IDS + NONCE_BYTES + 1;
	const tokenBytes = datagram[tokenAt - 1]!;
	if (tokenBytes > MAX_TOKEN_BYTES) {
		return undefined;
	}
	const numberAt = tokenAt + tokenBytes;
	return {
		type: 'init',
		serverId: datagram.subarray(IDS_AT, IDS_AT + ID_BYTES),
		clientId: datagram.subarray(IDS_AT + ID_BYTES, AFTER_IDS),
		nonce: datagram.subarray(AFTER_IDS, AFTER_IDS + NONCE_BYTES),
		token: datagram.subarray(tokenAt, numberAt),
		packetNumber: datagram.readUInt32BE(numberAt),
		framesAt: numberAt + NUMBER_BYTES,
		ackNow: true,
		keyPhase: 0,
	};
}

export function writeShortHeader(
	datagram: Buffer,
	destination: Buffer,
	packetNumber: number,
	{ ackNow = false, keyPhase = 0 }: { ackNow?: boolean; keyPhase?: 0 | 1 } = {},
): number {
	datagram[0] = SHORT | (ackNow ? ACK_NOW : 0) | (keyPhase ? KEY_PHASE : 0);
	datagram.set(destination, 1);
	return datagram.writeUInt32BE(packetNumber, 1 + ID_BYTES);
}

export function writeHandshakeHeader(
	datagram: Buffer,
	destination: Buffer,
	source: Buffer,
	packetNumber: number,
): number {
	datagram[0] = LONG.handshake;
	datagram[1] = VERSION;
	datagram.set(destination, IDS_AT);
	datagram.set(source, IDS_AT + ID_BYTES);
	return datagram.writeUInt32BE(packetNumber, AFTER_IDS);
}

export function writeInitHeader(
	datagram: Buffer,
	ids: { serverId: Buffer; clientId: Buffer; nonce: Buffer; token: Buffer },
	packetNumber: number,
): number {
	datagram[0] = LONG.init;
	datagram[1] = VERSION;
	datagram.set(ids.serverId, IDS_AT);
	datagram.set(ids.clientId, IDS_AT + ID_BYTES);
	datagram.set(ids.nonce, AFTER_IDS);
	datagram[AFTER_IDS + NONCE_BYTES] = ids.token.length;
	const tokenAt = AFTER_IDS + NONCE_BYTES + 1;
	datagram.set(ids.token, tokenAt);
	return datagram.writeUInt32BE(packetNumber, tokenAt + ids.token.length);
}
