import {
	MAX_DATAGRAM_BYTES,
	MIN_DATAGRAM_BYTES,
	ID_BYTES,
	MAX_TOKEN_BYTES,
	NONCE_BYTES,
	RESET_TOKEN_BYTES,
	VERSION,
} from './limits.js';
import { AFTER_IDS, IDS_AT, LONG } from './packet.js';

// The packets that are sent without a key: HELLO and what answers it, and RESET.

/** What answers a HELLO or an INIT without any state. */
export type Answer =
	| {
			readonly type: 'retry';
			readonly clientId: Buffer;
			readonly serverId: Buffer;
			readonly nonce: Buffer;
			readonly token: Buffer;
	  }
	| {
			readonly type: 'busy';
			readonly clientId: Buffer;
			readonly nonce: Buffer;
			/** 0 = no time is told. */
			readonly retryAfterSeconds: number;
	  }
	| {
			readonly type: 'version';
			readonly clientId: Buffer;
			readonly nonce: Buffer;
			readonly versions: readonly number[];
	  };

export interface Hello {
	/** Of the sender; one that is not ours is answered with VERSION. */
	readonly version: number;
	readonly clientId: Buffer;
	readonly nonce: Buffer;
}

function long(
	type: number,
	bytes: number,
	destination: Buffer | undefined,
	source: Buffer | undefined,
): Buffer {
	const datagram = Buffer.alloc(bytes);
	datagram[0] = type;
	datagram[1] = VERSION;
	destination?.copy(datagram, IDS_AT);
	source?.copy(datagram, IDS_AT + ID_BYTES);
	return datagram;
}

/** The question that opens an attempt: of the size that the connection's datagrams will have, so that it tries the path, and far larger than its answer. */
export function encodeHello(
	clientId: Buffer,
	nonce: Buffer,
	bytes: number = MAX_DATAGRAM_BYTES,
): Buffer {
	const datagram = long(LONG.hello, bytes, undefined, clientId);
	nonce.copy(datagram, AFTER_IDS);
	return datagram;
}

export function encodeAnswer(answer: Answer): Buffer {
	const { clientId, nonce } = answer;
	switch (answer.type) {
		case 'retry': {
			const { serverId, token } = answer;
			const bytes = AFTER_IDS + NONCE_BYTES + 1 + token.length;
			const datagram = long(LONG.retry, bytes, clientId, serverId);
			nonce.copy(datagram, AFTER_IDS);
			datagram[AFTER_IDS + NONCE_BYTES] = token.length;
			token.copy(datagram, AFTER_IDS + NONCE_BYTES + 1);
			return datagram;
		}
		case 'busy': {
			const bytes = AFTER_IDS + NONCE_BYTES + 2;
			const datagram = long(LONG.busy, bytes, clientId, undefined);
			nonce.copy(datagram, AFTER_IDS);
			const seconds = Math.min(0xffff, Math.ceil(answer.retryAfterSeconds));
			datagram.writeUInt16BE(seconds, AFTER_IDS + NONCE_BYTES);
			return datagram;
		}
		case 'version': {
			const bytes = AFTER_IDS + NONCE_BYTES + answer.versions.length;
			const datagram = long(LONG.version, bytes, clientId, undefined);
			nonce.copy(datagram, AFTER_IDS);
			datagram.set(answer.versions, AFTER_IDS + NONCE_BYTES);
			return datagram;
		}
	}
}

/** Tells a device that its node knows nothing of the connection any more. */
export function encodeReset(serverId: Buffer, proof: Buffer): Buffer {
	const bytes = IDS_AT + ID_BYTES + RESET_TOKEN_BYTES;
	const datagram = long(LONG.reset, bytes, serverId, undefined);
	proof.copy(datagram, IDS_AT + ID_BYTES);
	return datagram;
}

export function decodeReset(
	datagram: Buffer,
): { serverId: Buffer; proof: Buffer } | undefined {
	if (
		datagram[0] !== LONG.reset ||
		datagram.length !== IDS_AT + ID_BYTES + RESET_TOKEN_BYTES
	) {
		return undefined;
	}
	return {
		serverId: datagram.subarray(IDS_AT, IDS_AT + ID_BYTES),
		proof: datagram.subarray(IDS_AT + ID_BYTES),
	};
}

/** A HELLO, or the part of an INIT of any version that is the same in all. A shorter datagram is neither. */
export function decodeHello(datagram: Buffer): Hello | undefined {
	const type = datagram[0];
	if (
		(type !== LONG.hello && type !== LONG.init) ||
		datagram.length < MIN_DATAGRAM_BYTES ||
		datagram.length > MAX_DATAGRAM_BYTES
	) {
		return undefined;
	}
	return {
		version: datagram[1]!,
		clientId: datagram.subarray(IDS_AT + ID_BYTES, AFTER_IDS),
		nonce: datagram.subarray(AFTER_IDS, AFTER_IDS + NONCE_BYTES),
	};
}

/** RETRY, BUSY or VERSION. That it answers our own question is for the caller to check. */
export function decodeAnswer(datagram: Buffer): Answer | undefined {
	const rest = AFTER_IDS + NONCE_BYTES;
	if (datagram.length <= rest || datagram.length > MAX_DATAGRAM_BYTES) {
		return undefined;
	}
	const clientId = datagram.subarray(IDS_AT, IDS_AT + ID_BYTES);
	const nonce = datagram.subarray(AFTER_IDS, rest);
	if (datagram[0] === LONG.version) {
		const versions = [...datagram.subarray(rest)];
		return { type: 'version', clientId, nonce, versions };
	}
	if (datagram[1] !== VERSION) {
		return undefined;
	}
	if (datagram[0] === LONG.busy && datagram.length === rest + 2) {
		const retryAfterSeconds = datagram.readUInt16BE(rest);
		return { type: 'busy', clientId, nonce, retryAfterSeconds };
	}
	if (datagram[0] !== LONG.retry) {
		return undefined;
	}
	const token = datagram.subarray(rest + 1);
	if (token.length !== datagram[rest] || token.length > MAX_TOKEN_BYTES) {
		return undefined;
	}
	const serverId = datagram.subarray(IDS_AT + ID_BYTES, AFTER_IDS);
	return { type: 'retry', clientId, serverId, nonce, token };
}
