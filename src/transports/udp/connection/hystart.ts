/** RFC 9406, 4.3: N_RTT_SAMPLE, MIN_RTT_THRESH, MAX_RTT_THRESH and MIN_RTT_DIVISOR. */
const RTT_SAMPLES = 8;
const MIN_RTT_THRESH_MS = 4;
const MAX_RTT_THRESH_MS = 16;
const MIN_RTT_DIVISOR = 8;

/** Ends slow start when the round trip grows, before the queue overflows: HyStart++ (RFC 9406) without its CSS phase. */
export class HyStart {
	#windowEnd = 0;
	#rttSampleCount = 0;
	#currentRoundMinRttMs = Infinity;
	#lastRoundMinRttMs = Infinity;

	/** Called for each packet that is acknowledged; `nextNumber` is the number that will be sent next. */
	shouldExit(packetNumber: number, nextNumber: number, rttMs: number): boolean {
		if (packetNumber >= this.#windowEnd) {
			this.#windowEnd = nextNumber;
			this.#lastRoundMinRttMs = this.#currentRoundMinRttMs;
			this.#currentRoundMinRttMs = Infinity;
			this.#rttSampleCount = 0;
		}
		this.#rttSampleCount++;
		this.#currentRoundMinRttMs = Math.min(this.#currentRoundMinRttMs, rttMs);
		if (
			this.#rttSampleCount < RTT_SAMPLES ||
			this.#lastRoundMinRttMs === Infinity
		) {
			return false;
		}
		const rttThreshMs = Math.min(
			Math.max(this.#lastRoundMinRttMs / MIN_RTT_DIVISOR, MIN_RTT_THRESH_MS),
			MAX_RTT_THRESH_MS,
		);
		return this.#currentRoundMinRttMs >= this.#lastRoundMinRttMs + rttThreshMs;
	}
}
