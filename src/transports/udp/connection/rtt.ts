import { LONGEST_PROBE_MS, MAX_ACK_DELAY_MS } from '../wire/limits.js';

/** RFC 9002, 6.2.2: kInitialRtt. */
const INITIAL_RTT_MS = 333;
/** Up to a first round trip of half a second its variance is what RFC 9002 says. */
const FIRST_VAR_MS = 250;
/** RFC 9002, 6.1.2: kGranularity. */
const GRANULARITY_MS = 1;

/** The round trip, estimated as in RFC 9002, section 5. */
export class RttEstimator {
	latestMs = INITIAL_RTT_MS;
	smoothedMs = INITIAL_RTT_MS;
	varMs = INITIAL_RTT_MS / 2;
	minMs = Infinity;
	/** adjusted_rtt: the latest sample less the delay that the other end says it added. */
	adjustedMs = INITIAL_RTT_MS;

	get isMeasured(): boolean {
		return this.minMs !== Infinity;
	}

	sample(latestMs: number, ackDelayMs: number): void {
		this.latestMs = latestMs;
		if (!this.isMeasured) {
			this.minMs = latestMs;
			this.smoothedMs = latestMs;
			// Half of it, as RFC 9002, 5.3; but a first round trip of seconds is a queue, and the first probe must not take a minute.
			this.varMs = Math.min(latestMs / 2, Math.max(FIRST_VAR_MS, latestMs / 8));
			this.adjustedMs = latestMs;
			return;
		}
		this.minMs = Math.min(this.minMs, latestMs);
		const delayMs = Math.min(ackDelayMs, MAX_ACK_DELAY_MS);
		this.adjustedMs =
			latestMs >= this.minMs + delayMs ? latestMs - delayMs : latestMs;
		this.varMs =
			0.75 * this.varMs + 0.25 * Math.abs(this.smoothedMs - this.adjustedMs);
		this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * this.adjustedMs;
	}

	/** The path is another one: nothing of what was measured holds. */
	reset(): void {
		Object.assign(this, new RttEstimator());
	}

	/** PTO without back-off (RFC 9002, 6.2.1). */
	get ptoMs(): number {
		return (
			this.smoothedMs +
			Math.max(4 * this.varMs, GRANULARITY_MS) +
			MAX_ACK_DELAY_MS
		);
	}

	/** PTO after so many probes in a row that stayed without an answer. */
	ptoAfter(probes: number): number {
		return Math.min(
			this.ptoMs * 2 ** probes,
			Math.max(LONGEST_PROBE_MS, this.ptoMs),
		);
	}

	/** RFC 9002, 6.1.2: a packet that was sent this long before one that has arrived is lost. */
	get lossDelayMs(): number {
		return Math.max(
			(9 / 8) * Math.max(this.smoothedMs, this.latestMs),
			GRANULARITY_MS,
		);
	}
}
