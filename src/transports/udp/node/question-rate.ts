import { createHmac } from 'node:crypto';

import { prefixOf } from './prefix.js';

const WINDOW_MS = 1000;
const SLOTS = 4096;

/**
 * How many HELLOs a second are answered for each prefix. It holds the same small table however many prefixes ask:
 * each falls into a slot by a secret hash, so that nobody can choose whose slot to fill.
 */
export class QuestionRate {
	readonly #counts = new Uint32Array(SLOTS);
	#windowStartMs = -Infinity;
	readonly #secret: Buffer;

	readonly #perSecond: number;

	constructor(perSecond: number, randomBytes: (bytes: number) => Buffer) {
		this.#perSecond = perSecond;
		this.#secret = randomBytes(16);
	}

	/** Counts one; whether it may be answered. */
	allows(address: string, nowMs: number): boolean {
		if (nowMs - this.#windowStartMs >= WINDOW_MS) {
			this.#windowStartMs = nowMs;
			this.#counts.fill(0);
		}
		const slot =
			createHmac('sha256', this.#secret)
				.update(prefixOf(address))
				.digest()
				.readUInt32BE(0) % SLOTS;
		this.#counts[slot]!++;
		return this.#counts[slot]! <= this.#perSecond;
	}
}
