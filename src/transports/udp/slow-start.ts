/** RFC 9406, 4.3: samples a round needs, and the growth of the round trip that ends slow start. */
const SAMPLES = 8;
const LEAST_GROWTH_MS = 4;
const MOST_GROWTH_MS = 16;

/** Leaves slow start when the round trip grows, before the queue overflows (RFC 9406, HyStart++, without its CSS phase). */
export class SlowStartExit {
	private roundEnds = 0;
	private samples = 0;
	private leastMs = Infinity;
	private leastBeforeMs = Infinity;

	/** Called for each packet that is acknowledged; `next` is the number that will be sent next. */
	shouldExit(packetNumber: number, next: number, roundTripMs: number): boolean {
		if (packetNumber >= this.roundEnds) {
			this.roundEnds = next;
			this.leastBeforeMs = this.leastMs;
			this.leastMs = Infinity;
			this.samples = 0;
		}
		this.samples++;
		this.leastMs = Math.min(this.leastMs, roundTripMs);
		if (this.samples < SAMPLES || this.leastBeforeMs === Infinity) {
			return false;
		}
		const growthMs = Math.min(
			Math.max(this.leastBeforeMs / 8, LEAST_GROWTH_MS),
			MOST_GROWTH_MS,
		);
		return this.leastMs >= this.leastBeforeMs + growthMs;
	}
}
