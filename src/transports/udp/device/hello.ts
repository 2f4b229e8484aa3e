import { busyEnd, type End } from '../connection/end.js';
import { decodeAnswer, encodeHello } from '../wire/keyless.js';
import {
	DATAGRAM_SIZES,
	HELLO_AT_MS,
	HELLO_TIMEOUT_MS,
	ID_BYTES,
	MAX_DATAGRAM_BYTES,
	NONCE_BYTES,
} from '../wire/limits.js';

/** A node said RETRY: what its connection is made with. */
export interface Retry {
	readonly serverId: Buffer;
	readonly token: Buffer;
	/** Of the HELLO that was answered, as all below. */
	readonly nonce: Buffer;
	readonly datagramBytes: number;
	readonly roundTripMs: number;
}

/** What one HELLO machine came to. */
export type HelloResult = { readonly retry: Retry } | { readonly end: End };

interface Sent {
	readonly nonce: Buffer;
	readonly bytes: number;
	readonly atMs: number;
}

/**
 * Asks one address, without any state at the other end, whether a node is there: a few HELLOs, each with a nonce of its own, which
 * tells the size that got through and the time that it took. Pure: it is told the time, and says what to send.
 */
export class Hello {
	readonly clientId: Buffer;
	readonly #randomBytes: (bytes: number) => Buffer;
	readonly #startMs: number;
	readonly #sent: Sent[] = [];
	/** The largest that is worth trying. */
	#largestBytes: number;
	#isDue = false;

	constructor(
		randomBytes: (bytes: number) => Buffer,
		startMs: number,
		largestBytes: number = MAX_DATAGRAM_BYTES,
	) {
		this.clientId = randomBytes(ID_BYTES);
		this.#randomBytes = randomBytes;
		this.#startMs = startMs;
		this.#largestBytes = largestBytes;
	}

	get deadlineMs(): number {
		return this.#isDue
			? 0
			: this.#startMs + (HELLO_AT_MS[this.#sent.length] ?? HELLO_TIMEOUT_MS);
	}

	/** The HELLO that is due, or the end when the last one stayed without an answer. */
	expire(nowMs: number): Buffer | End | undefined {
		if (nowMs < this.deadlineMs) {
			return undefined;
		}
		this.#isDue = false;
		if (this.#sent.length === HELLO_AT_MS.length) {
			return { reason: 'no-answer' };
		}
		const sizes = DATAGRAM_SIZES.filter((size) => size <= this.#largestBytes);
		const bytes = sizes[Math.min(this.#sent.length, sizes.length - 1)]!;
		const nonce = this.#randomBytes(NONCE_BYTES);
		this.#sent.push({ nonce, bytes, atMs: nowMs });
		return encodeHello(this.clientId, nonce, bytes);
	}

	/** The system says that the last HELLO was too large for the path: the next size is due, or there is none. */
	onTooLarge(): End | undefined {
		const bytes = this.#sent.at(-1)?.bytes ?? MAX_DATAGRAM_BYTES;
		const smaller = DATAGRAM_SIZES.find((size) => size < bytes);
		if (smaller === undefined) {
			return { reason: 'mtu' };
		}
		this.#largestBytes = smaller;
		this.#sent.length = 0;
		this.#isDue = true;
		return undefined;
	}

	/** What an answer means; undefined when it is not one to our question. */
	receive(datagram: Buffer, nowMs: number): HelloResult | undefined {
		const answer = decodeAnswer(datagram);
		const asked = this.#sent.find(({ nonce }) => answer?.nonce.equals(nonce));
		if (!asked || !answer?.clientId.equals(this.clientId)) {
			return undefined;
		}
		switch (answer.type) {
			case 'retry':
				return {
					retry: {
						serverId: Buffer.from(answer.serverId),
						token: Buffer.from(answer.token),
						nonce: asked.nonce,
						datagramBytes: asked.bytes,
						roundTripMs: nowMs - asked.atMs,
					},
				};
			case 'busy':
				return { end: busyEnd(answer.retryAfterSeconds) };
			case 'version':
				return { end: { reason: 'version', versions: answer.versions } };
		}
	}
}
