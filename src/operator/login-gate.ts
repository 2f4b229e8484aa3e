import { checkOptions } from '../options.js';
import { systemClock, type Clock } from '../runtime/index.js';
import * as v from '../schema.js';

/** What a gate says to a login. */
export type Admission =
	| { readonly admitted: true }
	| {
			readonly admitted: false;
			/** When to come back, from now on, in seconds, with a fraction. */
			readonly retryAfterSeconds: number;
			/** Whether that is this device's own place in the queue: back at that time or later, it is let in. */
			readonly hasPlace: boolean;
	  };

export interface LoginGateOptions {
	/** Logins that are let in a second, in the long run; `Infinity` for no limit, 0 for nobody. */
	readonly perSecond: number;
	/** How many are let in at once after a quiet time. @default one second's worth, at least 1 */
	readonly burst?: number;
	/** How far ahead places are handed out; who comes beyond is asked to come again, without one. @default 600 */
	readonly longestSeconds?: number;
	/** What time is taken from. @default the machine's clock */
	readonly clock?: Pick<Clock, 'monotonicMs'>;
}

/** How long a place is kept for a device that does not come. */
const LATE_MS = 600_000;
/** Places that are kept at once: some 15 MB. */
const MOST_PLACES = 100_000;
/** No name of a device is longer; one that is gets no place. */
const LONGEST_ID = 256;
/** Multiples of it, without their whole part, are spread evenly however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

const ADMITTED: Admission = { admitted: true };

const amount = v.pipe(
	v.number('must be a number'),
	v.minValue(0, 'must not be negative'),
);

const schema = v.strictObject({
	perSecond: amount,
	burst: v.optional(amount),
	longestSeconds: v.optional(v.pipe(amount, v.finite('must be finite')), 600),
	clock: v.optional(
		v.custom<Pick<Clock, 'monotonicMs'>>(
			(value) => typeof value === 'object' && value !== null,
			'must be a clock',
		),
		() => systemClock,
	),
});

/**
 * Lets devices in at the rate that what lies behind can take, and gives each of the others a place of its own in the
 * queue: the time at which it is let in, whoever else comes meanwhile. A token bucket; a place is a token on credit.
 *
 * Ask it **after** the key was checked: a name costs nothing to forge, and each takes a place.
 *
 * @example
 * const gate = new LoginGate({ perSecond: 100, burst: 100, longestSeconds: 600 });
 * const admission = gate.admit(uuid);
 * const answer = httpAnswer(admission); // undefined where it is admitted
 */
export class LoginGate {
	readonly #perSecond: number;
	readonly #burst: number;
	readonly #longestMs: number;
	readonly #clock: Pick<Clock, 'monotonicMs'>;
	/** Below zero by one for each place that was handed out. */
	#tokens: number;
	#refilledAtMs: number;
	/** When each device's place is due, the earliest first. */
	readonly #places = new Map<string, number>();
	/** Runs through the times that are told where no place is left. */
	#spread = 0;

	/** Throws ERR_CLOUDLINK_INVALID_OPTION. */
	constructor(options: LoginGateOptions) {
		const { perSecond, burst, longestSeconds, clock } = checkOptions(
			schema,
			options,
			'LoginGate',
		);
		this.#perSecond = perSecond;
		this.#burst = burst ?? Math.max(1, perSecond);
		this.#longestMs = longestSeconds * 1000;
		this.#clock = clock;
		this.#tokens = this.#burst;
		this.#refilledAtMs = clock.monotonicMs();
	}

	/** Places that are kept now. */
	get places(): number {
		return this.#places.size;
	}

	/** Decides about one login. @param id the device's name; without it, it is let in or not, and gets no place */
	admit(id?: string): Admission {
		if (this.#perSecond === Infinity) {
			return ADMITTED;
		}
		const nowMs = this.#clock.monotonicMs();
		this.#refill(nowMs);
		this.#forgetPlaces(nowMs);
		const placeMs = id === undefined ? undefined : this.#places.get(id);
		if (id !== undefined && placeMs !== undefined) {
			if (placeMs > nowMs) {
				return comeBackIn(placeMs - nowMs, true);
			}
			this.#places.delete(id);
			return ADMITTED;
		}
		if (this.#tokens >= 1) {
			this.#tokens -= 1;
			return ADMITTED;
		}
		return this.#reserve(id, nowMs);
	}

	/** The next place, if there is one that is not too far ahead. */
	#reserve(id: string | undefined, nowMs: number): Admission {
		const waitMs = ((1 - this.#tokens) / this.#perSecond) * 1000;
		if (
			id === undefined ||
			id.length > LONGEST_ID ||
			waitMs > this.#longestMs ||
			this.#places.size >= MOST_PLACES
		) {
			this.#spread = (this.#spread + GOLDEN_RATIO) % 1;
			return comeBackIn((this.#longestMs * (1 + this.#spread)) / 2, false);
		}
		this.#tokens -= 1;
		this.#places.set(id, nowMs + waitMs);
		return comeBackIn(waitMs, true);
	}

	#refill(nowMs: number): void {
		const earned = ((nowMs - this.#refilledAtMs) / 1000) * this.#perSecond;
		this.#tokens = Math.min(this.#burst, this.#tokens + earned);
		this.#refilledAtMs = nowMs;
	}

	/** Places that are long overdue go, and where there is no room left those that are overdue at all. */
	#forgetPlaces(nowMs: number): void {
		for (const [id, placeMs] of this.#places) {
			const lateMs = this.#places.size < MOST_PLACES ? LATE_MS : 0;
			if (placeMs + lateMs > nowMs) {
				return;
			}
			this.#places.delete(id);
		}
	}
}

const comeBackIn = (ms: number, hasPlace: boolean): Admission => ({
	admitted: false,
	retryAfterSeconds: ms / 1000,
	hasPlace,
});
