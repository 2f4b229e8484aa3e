import { LONGEST_PROBE_MS, MAX_ACK_DELAY_MS } from './limits.js';

/** RFC 9002, 6.2.2: what is assumed before the first sample. */
const INITIAL_MS = 333;
/** RFC 9002, 6.1.2: the least that timers tell apart. */
export const GRANULARITY_MS = 1;

/** The round trip, smoothed as in RFC 9002, section 5. */
export class RoundTrip {
	latestMs = INITIAL_MS;
	smoothedMs = INITIAL_MS;
	variationMs = INITIAL_MS / 2;
	leastMs = Infinity;
	/** The latest without the delay that the other end says it added. */
	undelayedMs = INITIAL_MS;

	get measured(): boolean {
		return this.leastMs !== Infinity;
	}

	sample(latestMs: number, ackDelayMs: number): void {
		this.latestMs = latestMs;
		if (!this.measured) {
			this.leastMs = latestMs;
			this.smoothedMs = latestMs;
			this.variationMs = latestMs / 2;
			this.undelayedMs = latestMs;
			return;
		}
		this.leastMs = Math.min(this.leastMs, latestMs);
		const delay = Math.min(ackDelayMs, MAX_ACK_DELAY_MS);
		const adjusted =
			latestMs >= this.leastMs + delay ? latestMs - delay : latestMs;
		this.undelayedMs = adjusted;
		this.variationMs =
			0.75 * this.variationMs + 0.25 * Math.abs(this.smoothedMs - adjusted);
		this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * adjusted;
	}

	/** The path is another one: nothing of what was measured holds. */
	forget(): void {
		Object.assign(this, new RoundTrip());
	}

	/** How long to wait for an ACK before probing, without back-off. */
	get probeTimeoutMs(): number {
		return (
			this.smoothedMs +
			Math.max(4 * this.variationMs, GRANULARITY_MS) +
			MAX_ACK_DELAY_MS
		);
	}

	/** The same after so many probes in a row that stayed without an answer. */
	probeTimeoutAfter(probes: number): number {
		return Math.min(
			this.probeTimeoutMs * 2 ** probes,
			Math.max(LONGEST_PROBE_MS, this.probeTimeoutMs),
		);
	}

	/** RFC 9002, 6.1.2: a packet sent this long before one that arrived is lost. */
	get lossDelayMs(): number {
		return Math.max(
			(9 / 8) * Math.max(this.smoothedMs, this.latestMs),
			GRANULARITY_MS,
		);
	}
}
