import { createHmac, hash } from 'node:crypto';

import { DATAGRAM_BYTES, TAG_BYTES, VERSION } from './limits.js';

/** Names the protocol and its version wherever a key is derived. */
const LABEL = `cloudlink udp v${VERSION}`;

/** What the TLS exporter (RFC 8446, 7.5) is asked for: bytes and label; the context is {@link exporterContext}. */
export const EXPORTED_BYTES = 64;
export const EXPORTER_LABEL = `EXPORTER ${LABEL}`;

/** Binds the exported keys to this connection's IDs and to the version. */
export const exporterContext = (clientId: Buffer, serverId: Buffer): Buffer =>
	Buffer.concat([clientId, serverId, Buffer.of(VERSION)]);

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Where the message of the hash at work is put together: hash() takes it in one piece. */
const inner = Buffer.alloc(BLOCK_BYTES + DATAGRAM_BYTES);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/**
 * A key of HMAC-SHA-256 (RFC 2104), as its two padded blocks. Two calls of `crypto.hash` take half the time of one
 * `createHmac`, whose objects cost more than the hash itself; and this is paid at both ends of every packet.
 */
export class PacketKey {
	readonly #innerPad: Buffer;
	readonly #outerPad: Buffer;

	/** `bytes`: not more than a block. */
	constructor(bytes: Buffer) {
		const padded = Buffer.alloc(BLOCK_BYTES);
		bytes.copy(padded);
		/* eslint-disable no-bitwise -- RFC 2104, section 2 */
		this.#innerPad = padded.map((byte) => byte ^ 0x36) as Buffer;
		this.#outerPad = padded.map((byte) => byte ^ 0x5c) as Buffer;
		/* eslint-enable no-bitwise */
	}

	/** The whole HMAC of the first `length` bytes, a character a byte. */
	tag(datagram: Buffer, length: number): string {
		inner.set(this.#innerPad, 0);
		datagram.copy(inner, BLOCK_BYTES, 0, length);
		const digest = hash(
			'sha256',
			inner.subarray(0, BLOCK_BYTES + length),
			'binary',
		);
		outer.set(this.#outerPad, 0);
		outer.write(digest, BLOCK_BYTES, DIGEST_BYTES, 'latin1');
		return hash('sha256', outer, 'binary');
	}
}

/** One key for each direction, so that nothing can be reflected to its sender. */
export interface Keys {
	readonly seal: PacketKey;
	readonly open: PacketKey;
}

export type Role = 'client' | 'server';

function keysFor(role: Role, fromClient: Buffer, fromServer: Buffer): Keys {
	const [ours, theirs] =
		role === 'client' ? [fromClient, fromServer] : [fromServer, fromClient];
	return { seal: new PacketKey(ours), open: new PacketKey(theirs) };
}

/**
 * Epoch 0: keys that whoever saw the handshake can compute. They keep out only those who did not, as the
 * sequence numbers of TCP do.
 */
export function handshakeKeys(
	role: Role,
	clientId: Buffer,
	serverId: Buffer,
	token: Buffer,
): Keys {
	const derive = (direction: string) =>
		createHmac('sha256', `${LABEL} ${direction}`)
			.update(clientId)
			.update(serverId)
			.update(token)
			.digest();
	return keysFor(role, derive('client'), derive('server'));
}

/** Epoch 1: the first half of what TLS exported protects what the client sends. */
export function exportedKeys(role: Role, exported: Buffer): Keys {
	const half = EXPORTED_BYTES / 2;
	return keysFor(role, exported.subarray(0, half), exported.subarray(half));
}

/** Writes the tag behind the first `length` bytes; returns the datagram. */
export function seal(key: PacketKey, datagram: Buffer, length: number): Buffer {
	datagram.write(key.tag(datagram, length), length, TAG_BYTES, 'latin1');
	return datagram.length === DATAGRAM_BYTES &&
		length + TAG_BYTES === DATAGRAM_BYTES
		? datagram
		: datagram.subarray(0, length + TAG_BYTES);
}

/** Whether the last bytes of a datagram are the tag of those before them. Takes the same time either way. */
export function isAuthentic(key: PacketKey, datagram: Buffer): boolean {
	const length = datagram.length - TAG_BYTES;
	const tag = key.tag(datagram, length);
	let difference = 0;
	/* eslint-disable no-bitwise -- a comparison that does not stop at the first difference */
	for (let i = 0; i < TAG_BYTES; i++) {
		difference |= tag.charCodeAt(i) ^ datagram[length + i]!;
	}
	/* eslint-enable no-bitwise */
	return difference === 0;
}
