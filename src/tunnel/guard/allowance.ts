import type { Clock } from '../../runtime/index.js';
import type { BucketRate } from '../token-bucket.js';

/** What was earned and not spent is kept up to this many. */
const MOST_EARNED = 65_536;

/**
 * How much of what is worth nothing a peer may send: so much a second, so much at once, and beside that what our own
 * sending brings about (a node confirms what it gets), which is earned and does not run out with time.
 */
export class Allowance {
	readonly #rate: BucketRate;
	readonly #clock: Clock;
	readonly #mostEarned: number;
	#tokens: number;
	#atMs: number;
	#earned = 0;

	constructor(rate: BucketRate, clock: Clock, mostEarned = MOST_EARNED) {
		this.#rate = rate;
		this.#mostEarned = mostEarned;
		this.#clock = clock;
		this.#tokens = rate.burst;
		this.#atMs = clock.monotonicMs();
	}

	earn(tokens: number): void {
		this.#earned = Math.min(this.#mostEarned, this.#earned + tokens);
	}

	/** False when there was not that much left: the peer went too far. */
	spend(tokens: number): boolean {
		if (this.#earned >= tokens) {
			this.#earned -= tokens;
			return true;
		}
		if (this.#tokens < tokens) {
			this.#refill();
		}
		const holds = this.#tokens >= tokens;
		if (holds) {
			this.#tokens -= tokens;
		}
		return holds;
	}

	/** Only when it is needed: asking for the time at each of a million frames would cost more than the frames. */
	#refill(): void {
		const nowMs = this.#clock.monotonicMs();
		this.#tokens = Math.min(
			this.#rate.burst,
			this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#rate.perSecond,
		);
		this.#atMs = nowMs;
	}
}

/** From this many bytes on a frame is worth what it costs. */
const WORTH_BYTES = 256;

/** What a piece of so many bytes is charged: 1 for an empty one, nothing for one that is worth its while. */
export function emptiness(bytes: number): number {
	return bytes >= WORTH_BYTES ? 0 : 1 - bytes / WORTH_BYTES;
}
