import { seal } from '../wire/keys.js';
import { DATAGRAM_BYTES, MAX_TOKEN_BYTES, TAG_BYTES } from '../wire/limits.js';
import {
	HANDSHAKE_HEADER_BYTES,
	initHeaderBytes,
	SHORT_HEADER_BYTES,
	writeHandshakeHeader,
	writeInitHeader,
	writeShortHeader,
} from '../wire/packet.js';
import type { Epochs } from './epochs.js';
import type { Handshake } from './handshake.js';

/** Frames end here at the latest. */
export const FRAMES_END = DATAGRAM_BYTES - TAG_BYTES;
/** Where frames begin in the longest header there is, so that a segment fits whatever the token becomes. */
const LONGEST_INIT_FRAMES_AT = initHeaderBytes(MAX_TOKEN_BYTES);

/** What is put around the frames of the next packet: the header that the epoch asks for, and the seal. */
export class Envelope {
	readonly #handshake: Handshake;
	readonly #epochs: Pick<Epochs, 'sendsConfirmed' | 'sealKey'>;

	constructor(
		handshake: Handshake,
		epochs: Pick<Epochs, 'sendsConfirmed' | 'sealKey'>,
	) {
		this.#handshake = handshake;
		this.#epochs = epochs;
	}

	/** Where frames begin. */
	get framesAt(): number {
		if (this.#epochs.sendsConfirmed) {
			return SHORT_HEADER_BYTES;
		}
		return this.isPadded
			? initHeaderBytes(this.#handshake.token.length)
			: HANDSHAKE_HEADER_BYTES;
	}

	/** Where a new segment ends at the latest. In the client's epoch 0 it leaves room for any token: a RETRY may send it again. */
	get newSegmentEnd(): number {
		return this.#handshake.options.role === 'client' &&
			!this.#epochs.sendsConfirmed
			? FRAMES_END - (LONGEST_INIT_FRAMES_AT - this.framesAt)
			: FRAMES_END;
	}

	/** An INIT is filled up to the full size. */
	get isPadded(): boolean {
		return !this.#handshake.isAnswered;
	}

	get canAskForAck(): boolean {
		return this.#epochs.sendsConfirmed;
	}

	/** Returns where frames begin. */
	writeHeader(datagram: Buffer, packetNumber: number): number {
		const { serverId, token, options } = this.#handshake;
		const { role, clientId, nonce } = options;
		const [to, from] =
			role === 'client' ? [serverId, clientId] : [clientId, serverId];
		if (this.#epochs.sendsConfirmed) {
			return writeShortHeader(datagram, to, packetNumber);
		}
		return this.isPadded
			? writeInitHeader(
					datagram,
					{ serverId, clientId, nonce, token },
					packetNumber,
				)
			: writeHandshakeHeader(datagram, to, from, packetNumber);
	}

	seal(datagram: Buffer, length: number): Buffer {
		return seal(this.#epochs.sealKey, datagram, length);
	}
}
