/** What a node can do, and what its refusals cost it. */
export interface NodeCapacity {
	/** Attempts it accepts a second; Infinity for a node without a limit. */
	readonly acceptRate: number;
	/** What a rejected attempt costs, as a share of an accepted one: TLS and authentication are not free. */
	readonly rejectCost: number;
	/** Work that may pile up, in seconds of the rate; beyond it the node drops for nothing. May be Infinity. */
	readonly rejectDebtSeconds: number;
}

/**
 * The yardstick's node: `acceptRate` tokens a second, at most one second's worth saved up, full at the
 * start. An accepted attempt costs one token, a rejected one `rejectCost`, and the debt is bounded.
 */
export class TokenBucket {
	#tokens: number;
	#ratePerMs: number;
	#full: number;
	#floor: number;
	#filledMs: number;

	readonly #capacity: NodeCapacity;

	constructor(capacity: NodeCapacity, nowMs = 0) {
		this.#capacity = capacity;
		this.#ratePerMs = capacity.acceptRate / 1000;
		this.#full = Math.max(1, capacity.acceptRate);
		this.#floor = -capacity.rejectDebtSeconds * capacity.acceptRate;
		this.#tokens = this.#full;
		this.#filledMs = nowMs;
	}

	/** Whether an attempt is accepted. Time must not go back. */
	admit(nowMs: number): boolean {
		if (this.#full === Infinity) {
			return true;
		}
		this.#fill(nowMs);
		if (this.#tokens >= 1) {
			this.#tokens -= 1;
			return true;
		}
		const left = this.#tokens - this.#capacity.rejectCost;
		if (left >= this.#floor) {
			this.#tokens = left;
		}
		return false;
	}

	/** Accepts one attempt that was promised, whatever is left. */
	take(nowMs: number): void {
		this.#fill(nowMs);
		this.#tokens -= 1;
	}

	/** How long until the debt is paid and one more attempt could be accepted. */
	freeInMs(nowMs: number): number {
		if (this.#full === Infinity) {
			return 0;
		}
		this.#fill(nowMs);
		return Math.max(0, (1 - this.#tokens) / this.#ratePerMs);
	}

	/** Accepts so many a second from now on. */
	setRate(acceptRate: number, nowMs: number): void {
		this.#fill(nowMs);
		this.#ratePerMs = acceptRate / 1000;
		this.#full = Math.max(1, acceptRate);
		this.#floor = -this.#capacity.rejectDebtSeconds * acceptRate;
	}

	#fill(nowMs: number): void {
		const more = (nowMs - this.#filledMs) * this.#ratePerMs;
		this.#tokens = Math.min(this.#full, this.#tokens + more);
		this.#filledMs = nowMs;
	}
}
