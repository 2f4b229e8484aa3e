import { busyEnd, type End } from '../connection/end.js';
import {
	HELLO_AT_MS,
	HELLO_TIMEOUT_MS,
	ID_BYTES,
	NONCE_BYTES,
} from '../wire/limits.js';
import { decodeAnswer, encodeHello } from '../wire/keyless.js';

/** A node said RETRY: what its connection is made with. */
export interface Retry {
	readonly serverId: Buffer;
	readonly token: Buffer;
	readonly roundTripMs: number;
}

/** What one HELLO machine came to. */
export type HelloResult = { readonly retry: Retry } | { readonly end: End };

/**
 * Asks one address, without any state at the other end, whether a node is there: a few HELLOs, until an answer
 * repeats our ID and nonce, or none has come for 5 s. Pure: it is told the time, and says what to send.
 */
export class Hello {
	readonly clientId: Buffer;
	readonly nonce: Buffer;
	#sent = 0;
	#lastSentMs = 0;

	readonly #startMs: number;

	constructor(randomBytes: (bytes: number) => Buffer, startMs: number) {
		this.#startMs = startMs;
		this.clientId = randomBytes(ID_BYTES);
		this.nonce = randomBytes(NONCE_BYTES);
	}

	get deadlineMs(): number {
		return this.#startMs + (HELLO_AT_MS[this.#sent] ?? HELLO_TIMEOUT_MS);
	}

	/** The HELLO that is due, or the end when the last one stayed without an answer. */
	expire(nowMs: number): Buffer | End | undefined {
		if (nowMs < this.deadlineMs) {
			return undefined;
		}
		if (this.#sent === HELLO_AT_MS.length) {
			return { reason: 'no-answer' };
		}
		this.#sent++;
		this.#lastSentMs = nowMs;
		return encodeHello(this.clientId, this.nonce);
	}

	/** What an answer means; undefined when it is not one to our question. */
	receive(datagram: Buffer, nowMs: number): HelloResult | undefined {
		const answer = decodeAnswer(datagram);
		if (
			!answer?.clientId.equals(this.clientId) ||
			!answer.nonce.equals(this.nonce)
		) {
			return undefined;
		}
		switch (answer.type) {
			case 'retry': {
				const { serverId, token } = answer;
				const roundTripMs = nowMs - this.#lastSentMs;
				return {
					retry: {
						serverId: Buffer.from(serverId),
						token: Buffer.from(token),
						roundTripMs,
					},
				};
			}
			case 'busy':
				return { end: busyEnd(answer.retryAfterSeconds) };
			case 'version':
				return { end: { reason: 'version', versions: answer.versions } };
		}
	}
}
