import type { Clock } from '../../runtime/index.js';

/** What the limiter says to an attempt. */
export type Admission =
	| { readonly admitted: true }
	/** `retryAfterMs`: until the device's place in the queue, where places are handed out. */
	| { readonly admitted: false; readonly retryAfterMs?: number };

export interface LimiterOptions {
	/** Tokens a second. `Infinity`: no limit. */
	readonly acceptRatePerSecond: number;
	/** The most tokens that can be saved up, and what the bucket holds at first. */
	readonly burst: number;
	/** Whether a device that is turned away is given a place in the queue. */
	readonly slots: boolean;
	readonly clock: Clock;
}

/** How long a place is kept for a device that does not come. */
const PLACE_KEPT_MS = 600_000;
/** Places that are kept at once; beyond it the oldest is given up. */
const PLACES_LIMIT = 100_000;

const ADMITTED: Admission = { admitted: true };

/**
 * The accept limiter of one node: a token bucket. With slots, a device that finds it empty takes its
 * token on credit, and is told when that token will be there: its place in the queue. Back at that time
 * or later, it is let in against its place, whoever else came meanwhile; newcomers queue up behind.
 */
export class AcceptLimiter {
	readonly #options: LimiterOptions;
	/** Below zero by one for each token that was taken on credit. */
	#tokens: number;
	#refilledAtMs: number;
	/** When each device's token is due, by uuid, the earliest first. */
	readonly #places = new Map<string, number>();

	constructor(options: LimiterOptions) {
		this.#options = options;
		this.#tokens = options.burst;
		this.#refilledAtMs = options.clock.monotonicMs();
	}

	/** Decides about one attempt. `uuid` is undefined where the node cannot know it yet. */
	admit(uuid?: string): Admission {
		const { acceptRatePerSecond: rate, slots, clock } = this.#options;
		if (rate === Infinity) {
			return ADMITTED;
		}
		const nowMs = clock.monotonicMs();
		this.#refill(nowMs);
		if (!slots || uuid === undefined) {
			return this.#takeNow();
		}

		this.#forgetPlaces(nowMs);
		const placeMs = this.#places.get(uuid);
		if (placeMs !== undefined && placeMs > nowMs) {
			return { admitted: false, retryAfterMs: placeMs - nowMs };
		}
		if (placeMs !== undefined) {
			this.#places.delete(uuid);
			return ADMITTED;
		}
		const now = this.#takeNow();
		if (now.admitted || rate === 0) {
			return now;
		}
		this.#tokens -= 1;
		const retryAfterMs = (-this.#tokens / rate) * 1000;
		this.#places.set(uuid, nowMs + retryAfterMs);
		return { admitted: false, retryAfterMs };
	}

	#takeNow(): Admission {
		if (this.#tokens < 1) {
			return { admitted: false };
		}
		this.#tokens -= 1;
		return ADMITTED;
	}

	#refill(nowMs: number): void {
		const { acceptRatePerSecond: rate, burst } = this.#options;
		const earned = ((nowMs - this.#refilledAtMs) / 1000) * rate;
		this.#tokens = Math.min(burst, this.#tokens + earned);
		this.#refilledAtMs = nowMs;
	}

	/** Places are handed out in order of time, so that the oldest come first. */
	#forgetPlaces(nowMs: number): void {
		for (const [uuid, placeMs] of this.#places) {
			if (placeMs + PLACE_KEPT_MS > nowMs && this.#places.size < PLACES_LIMIT) {
				return;
			}
			this.#places.delete(uuid);
		}
	}
}
