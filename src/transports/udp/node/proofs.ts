import type { Address } from '../wire/address.js';
import type { NextToken } from '../wire/frames.js';
import { initKey } from '../wire/keys.js';
import type { Hello } from '../wire/keyless.js';
import { decodeFrames } from '../wire/decode-frames.js';
import type { Init } from '../wire/packet.js';
import type { RandomBytes } from './mac.js';
import { NewTokens, resetTokenFor } from './new-tokens.js';
import { RetryTokens } from './retry-tokens.js';

export interface ProofsOptions {
	/** Of this node alone. */
	readonly secret: Buffer;
	readonly randomBytes: RandomBytes;
	readonly wallMs: () => number;
	readonly nowMs: number;
}

/** What a node gives out to be shown again, and what it is worth then. */
export class Proofs {
	readonly #options: ProofsOptions;
	readonly #retryTokens: RetryTokens;
	readonly #newTokens: NewTokens;

	constructor(options: ProofsOptions) {
		const { secret, randomBytes, nowMs } = options;
		this.#options = options;
		this.#retryTokens = new RetryTokens(randomBytes, nowMs);
		this.#newTokens = new NewTokens(secret, randomBytes);
	}

	/** For a RETRY. */
	retry(question: Hello, from: Address, nowMs: number) {
		return this.#retryTokens.issue(question, from, nowMs);
	}

	/** For the device's next connection. */
	nextToken(from: Address): NextToken {
		return this.#newTokens.issue(from, this.#options.wallMs());
	}

	/** For a stateless reset. */
	resetToken(serverId: Buffer): Buffer {
		return resetTokenFor(this.#options.secret, serverId);
	}

	/**
	 * What an INIT is worth: the secret that it is sealed with, if it comes from a proven address and begins a stream, and a token for
	 * the next connection is spent then; 'unproven' when its token is not good; 'worthless' when the rest is not. The token's own MAC comes
	 * first, since it costs the least.
	 */
	check(
		init: Init,
		datagram: Buffer,
		from: Address,
		nowMs: number,
	): Buffer | 'unproven' | 'worthless' {
		const isRetry = this.#retryTokens.isValid(init, from, nowMs);
		const secret = isRetry
			? init.token
			: this.#newTokens.check(init, from, this.#options.wallMs());
		if (!secret) {
			return 'unproven';
		}
		const { clientId, serverId, framesAt, packetNumber } = init;
		const key = initKey(clientId, serverId, secret);
		const plain = key.open(datagram, framesAt, packetNumber);
		const frames = plain && decodeFrames(plain);
		if (!frames?.some(({ type }) => type === 'stream')) {
			return 'worthless';
		}
		if (!isRetry) {
			this.#newTokens.spend(init);
		}
		return Buffer.from(secret);
	}
}
