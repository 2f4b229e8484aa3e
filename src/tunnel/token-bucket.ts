import type { Clock } from '../runtime/index.js';

/** How often something may happen: `perSecond` for ever, `burst` at once. */
export interface BucketRate {
	readonly perSecond: number;
	readonly burst: number;
}

export interface Bucket {
	readonly tokens: number;
	readonly atMs: number;
}

export function fullBucket(rate: BucketRate, nowMs: number): Bucket {
	return { tokens: rate.burst, atMs: nowMs };
}

/** Takes one token; undefined when there is none, which means that the rate was broken. */
export function takeToken(
	bucket: Bucket,
	rate: BucketRate,
	nowMs: number,
): Bucket | undefined {
	const refilled =
		bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate.perSecond;
	const tokens = Math.min(rate.burst, refilled) - 1;
	return tokens < 0 ? undefined : { tokens, atMs: nowMs };
}

/** A rate that somebody is held to. */
export class RateLimit {
	#bucket: Bucket;
	readonly #rate: BucketRate;
	readonly #clock: Clock;

	constructor(rate: BucketRate, clock: Clock) {
		this.#rate = rate;
		this.#clock = clock;
		this.#bucket = fullBucket(rate, clock.monotonicMs());
	}

	/** Counts one; false when that was one too many. */
	allows(): boolean {
		const after = takeToken(
			this.#bucket,
			this.#rate,
			this.#clock.monotonicMs(),
		);
		this.#bucket = after ?? this.#bucket;
		return after !== undefined;
	}
}
