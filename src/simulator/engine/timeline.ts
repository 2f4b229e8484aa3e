const BINS = 8192;

/**
 * Counts events over time in at most {@link BINS} equal bins, whose width doubles when the time runs
 * over them: enough for a chart, whatever a run's length.
 */
export class Timeline {
	#counts = new Float64Array(BINS);
	#used = 0;

	#widthMs: number;

	/** @param fromMs where the first bin starts @param widthMs of a bin, at first */
	constructor(
		readonly fromMs: number,
		widthMs = 250,
	) {
		this.#widthMs = widthMs;
	}

	add(atMs: number, events = 1): void {
		let bin = Math.floor((atMs - this.fromMs) / this.#widthMs);
		while (bin >= BINS) {
			this.#halve();
			bin = Math.floor((atMs - this.fromMs) / this.#widthMs);
		}
		this.#counts[bin]! += events;
		this.#used = Math.max(this.#used, bin + 1);
	}

	/** The bins from the first to the last that was used, and the width of each. */
	bins(): { widthMs: number; counts: number[] } {
		return {
			widthMs: this.#widthMs,
			counts: Array.from(this.#counts.subarray(0, this.#used)),
		};
	}

	#halve(): void {
		const merged = new Float64Array(BINS);
		for (let bin = 0; bin < BINS; bin += 2) {
			merged[bin / 2] = this.#counts[bin]! + this.#counts[bin + 1]!;
		}
		this.#counts = merged;
		this.#widthMs *= 2;
		this.#used = Math.ceil(this.#used / 2);
	}
}
