import {
	ACCEPTED,
	REFUSED,
	RESET,
	throttled,
	windowAtDoor,
	type Answer,
	type Door,
} from './door.js';
import { TokenBucket, type NodeCapacity } from './token-bucket.js';

/** What a node says to those that it rejects. */
export type Refusal =
	/** Nothing: the connection is reset. */
	| 'reset'
	/** 429 with the same Retry-After for all. */
	| 'constant'
	/** 429 with the window that the fleet needs, and no time. */
	| 'door-window'
	/** 429 with the device's place in the node's queue, in whole seconds. */
	| 'slots';

export const REFUSALS: readonly Refusal[] = [
	'reset',
	'constant',
	'door-window',
	'slots',
];

/** A fleet's first attempts come within this time of a loss. */
const PROBES_SECONDS = 5;

export interface LimitedNodeOptions extends NodeCapacity {
	readonly refusal: Refusal;
	/** The links that the node had, and so the rejections that it must expect: slots start behind their cost. */
	readonly population: number;
	/** @default 30 */
	readonly retryAfterSeconds?: number;
	/** What `door-window` tells. @default what the population needs at the rate */
	readonly windowSeconds?: number;
	/** Down until then: attempts end in a refused connection and cost nothing. @default 0 */
	readonly upAtMs?: number;
}

/** One node with a rate limit, which may be down at first. */
export class LimitedNode implements Door {
	readonly #bucket: TokenBucket;
	readonly #upAtMs: number;
	readonly #firstTurnMs: number;
	readonly #constant: Answer;
	readonly #window: Answer;
	#nextSlotMs = 0;
	/** When the turn of each device is that was given a place in the queue. */
	readonly #places = new Map<number, number>();
	readonly #answers = new Map<number, Answer>();

	readonly #options: LimitedNodeOptions;

	constructor(options: LimitedNodeOptions) {
		this.#options = options;
		this.#upAtMs = options.upAtMs ?? 0;
		this.#constant = throttled(options.retryAfterSeconds ?? 30);
		this.#window = windowAtDoor(
			(options.windowSeconds ?? options.population / options.acceptRate) * 1000,
		);
		this.#bucket = new TokenBucket(options, this.#upAtMs);
		this.#firstTurnMs = this.#upAtMs + firstTurnSeconds(options) * 1000;
	}

	attempt(device: number, nowMs: number): Answer {
		if (nowMs < this.#upAtMs) {
			return REFUSED;
		}
		const placeMs = this.#places.get(device);
		if (placeMs !== undefined && placeMs <= nowMs) {
			this.#places.delete(device);
			this.#bucket.take(nowMs);
			return ACCEPTED;
		}
		if (this.#bucket.admit(nowMs)) {
			this.#places.delete(device);
			return ACCEPTED;
		}
		switch (this.#options.refusal) {
			case 'reset':
				return RESET;
			case 'constant':
				return this.#constant;
			case 'door-window':
				return this.#window;
			case 'slots': {
				const turnMs = placeMs ?? this.#reserve(device, nowMs);
				return this.#toldToWait(Math.ceil((turnMs - nowMs) / 1000));
			}
		}
	}

	/** Accepts so many a second from now on. */
	setRate(acceptRate: number, nowMs: number): void {
		this.#bucket.setRate(acceptRate, nowMs);
	}

	/** One answer for each number of seconds: a herd is told the same few again and again. */
	#toldToWait(seconds: number): Answer {
		let answer = this.#answers.get(seconds);
		if (answer === undefined) {
			answer = throttled(seconds);
			this.#answers.set(seconds, answer);
		}
		return answer;
	}

	/** Gives a device the next place in the queue: back in its turn, it is let in whoever else is there. */
	#reserve(device: number, nowMs: number): number {
		const turnMs = Math.max(
			this.#nextSlotMs,
			this.#firstTurnMs,
			nowMs + this.#bucket.freeInMs(nowMs),
		);
		this.#nextSlotMs = turnMs + 1000 / this.#options.acceptRate;
		this.#places.set(device, turnMs);
		return turnMs;
	}
}

/**
 * When the first slot falls due, counted from when the node is up. One that fell due while the first attempts
 * of the fleet still come in, or before their rejection is paid for, would be refused again.
 */
function firstTurnSeconds(options: LimitedNodeOptions): number {
	const { acceptRate, rejectCost, rejectDebtSeconds, population } = options;
	const probesCostSeconds = (rejectCost * population) / acceptRate;
	const paidSeconds = Math.min(
		probesCostSeconds,
		PROBES_SECONDS + rejectDebtSeconds,
	);
	return Math.max(PROBES_SECONDS, paidSeconds);
}
