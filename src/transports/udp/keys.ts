import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

import { DATAGRAM_BYTES, TAG_BYTES, VERSION } from './limits.js';

/** Names the protocol and its version wherever a key is derived. */
const LABEL = `cloudlink udp v${VERSION}`;

/** What the TLS exporter (RFC 8446, 7.5) is asked for: bytes and label; the context is {@link exporterContext}. */
export const EXPORTED_BYTES = 64;
export const EXPORTER_LABEL = `EXPORTER ${LABEL}`;

/** Binds the exported keys to this connection's IDs and to the version. */
export const exporterContext = (clientId: Buffer, serverId: Buffer): Buffer =>
	Buffer.concat([clientId, serverId, Buffer.of(VERSION)]);

/** One key for each direction, so that nothing can be reflected to its sender. */
export interface Keys {
	readonly seal: KeyObject;
	readonly open: KeyObject;
}

export type Role = 'client' | 'server';

function keysFor(role: Role, fromClient: Buffer, fromServer: Buffer): Keys {
	const [ours, theirs] =
		role === 'client' ? [fromClient, fromServer] : [fromServer, fromClient];
	return { seal: createSecretKey(ours), open: createSecretKey(theirs) };
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
export function seal(key: KeyObject, datagram: Buffer, length: number): Buffer {
	const tag = createHmac('sha256', key)
		.update(datagram.subarray(0, length))
		.digest();
	tag.copy(datagram, length, 0, TAG_BYTES);
	return datagram.length === DATAGRAM_BYTES &&
		length + TAG_BYTES === DATAGRAM_BYTES
		? datagram
		: datagram.subarray(0, length + TAG_BYTES);
}

/** Whether the last bytes of a datagram are the tag of those before them. Takes the same time either way. */
export function isAuthentic(key: KeyObject, datagram: Buffer): boolean {
	const length = datagram.length - TAG_BYTES;
	const tag = createHmac('sha256', key)
		.update(datagram.subarray(0, length))
		.digest();
	let difference = 0;
	/* eslint-disable no-bitwise -- a comparison that does not stop at the first difference */
	for (let i = 0; i < TAG_BYTES; i++) {
		difference |= tag[i]! ^ datagram[length + i]!;
	}
	/* eslint-enable no-bitwise */
	return difference === 0;
}
