import { handshakeKeys, type Keys } from '../wire/keys.js';
import { MAX_TOKEN_BYTES, TAG_BYTES } from '../wire/limits.js';
import {
	HANDSHAKE_HEADER_BYTES,
	initHeaderBytes,
	SHORT_HEADER_BYTES,
	writeHandshakeHeader,
	writeInitHeader,
	writeShortHeader,
	type ProtectedPacket,
} from '../wire/packet.js';
import type { ApplicationKeys } from './application-keys.js';
import type { Handshake } from './handshake.js';

/** Where frames begin in the longest header there is, so that a segment fits whatever the token becomes. */
const LONGEST_INIT_FRAMES_AT = initHeaderBytes(MAX_TOKEN_BYTES);

/** What is put around the frames of a packet: the header of its space, and the seal. */
export interface Envelope {
	/** Where frames begin in the next packet. */
	readonly framesAt: number;
	/** Where frames end at the latest, and where a new segment does. */
	readonly framesEnd: number;
	readonly newSegmentEnd: number;
	/** Whether the next packet is filled up to the full size. */
	readonly isPadded: boolean;
	/** Returns where frames begin. `ackNow`: the receiver shall acknowledge at once. */
	writeHeader(datagram: Buffer, packetNumber: number, ackNow: boolean): number;
	seal(
		datagram: Buffer,
		framesAt: number,
		end: number,
		packetNumber: number,
	): Buffer;
	/** The frames; undefined when the datagram is not authentic. */
	open(packet: ProtectedPacket, datagram: Buffer): Buffer | undefined;
}

/** Epoch 0: INIT until the node has answered, then HANDSHAKE. */
export class HandshakeEnvelope implements Envelope {
	readonly #handshake: Handshake;
	#keys: Keys;
	readonly framesEnd: number;

	constructor(handshake: Handshake) {
		this.#handshake = handshake;
		this.framesEnd = handshake.datagramBytes - TAG_BYTES;
		this.#keys = keysOf(handshake);
	}

	/** A RETRY has changed the IDs. */
	rekey(): void {
		this.#keys = keysOf(this.#handshake);
	}

	get framesAt(): number {
		return this.isPadded
			? initHeaderBytes(this.#handshake.token.length)
			: HANDSHAKE_HEADER_BYTES;
	}

	/** The client leaves room for any token: a RETRY may send a segment out again. */
	get newSegmentEnd(): number {
		return this.#handshake.options.role === 'client'
			? this.framesEnd - (LONGEST_INIT_FRAMES_AT - this.framesAt)
			: this.framesEnd;
	}

	get isPadded(): boolean {
		return !this.#handshake.isAnswered;
	}

	writeHeader(datagram: Buffer, packetNumber: number): number {
		const { serverId, token, options } = this.#handshake;
		const { role, clientId, nonce } = options;
		if (this.isPadded) {
			const ids = { serverId, clientId, nonce, token };
			return writeInitHeader(datagram, ids, packetNumber);
		}
		const [to, from] =
			role === 'client' ? [serverId, clientId] : [clientId, serverId];
		return writeHandshakeHeader(datagram, to, from, packetNumber);
	}

	seal(
		datagram: Buffer,
		framesAt: number,
		end: number,
		packetNumber: number,
	): Buffer {
		return this.#keys.seal.seal(datagram, framesAt, end, packetNumber);
	}

	open(
		{ framesAt, packetNumber }: ProtectedPacket,
		datagram: Buffer,
	): Buffer | undefined {
		return this.#keys.open.open(datagram, framesAt, packetNumber);
	}
}

function keysOf({ options, serverId, secret }: Handshake): Keys {
	return handshakeKeys(options.role, options.clientId, serverId, secret);
}

/** Epoch 1: the short form. */
export class ApplicationEnvelope implements Envelope {
	readonly framesAt = SHORT_HEADER_BYTES;
	readonly framesEnd: number;
	readonly newSegmentEnd: number;
	readonly isPadded = false;
	readonly #to: Buffer;
	readonly #keys: ApplicationKeys;

	constructor(
		{ options, serverId, datagramBytes }: Handshake,
		keys: ApplicationKeys,
	) {
		this.framesEnd = this.newSegmentEnd = datagramBytes - TAG_BYTES;
		this.#to = options.role === 'client' ? serverId : options.clientId;
		this.#keys = keys;
	}

	writeHeader(datagram: Buffer, packetNumber: number, ackNow: boolean): number {
		const { sealPhase } = this.#keys;
		return writeShortHeader(datagram, this.#to, packetNumber, {
			ackNow,
			keyPhase: sealPhase,
		});
	}

	seal(
		datagram: Buffer,
		framesAt: number,
		end: number,
		packetNumber: number,
	): Buffer {
		return this.#keys.seal(datagram, framesAt, end, packetNumber);
	}

	open(
		{ framesAt, packetNumber, keyPhase }: ProtectedPacket,
		datagram: Buffer,
	): Buffer | undefined {
		return this.#keys.open(datagram, framesAt, packetNumber, keyPhase);
	}
}
