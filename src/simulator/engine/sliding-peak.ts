/** The most events in any window of a given length. Times come in order. */
export class SlidingPeak {
	#times = new Float64Array(1024);
	#oldest = 0;
	#count = 0;
	#most = 0;

	readonly #windowMs: number;

	constructor(windowMs: number) {
		this.#windowMs = windowMs;
	}

	get peak(): number {
		return this.#most;
	}

	add(atMs: number): void {
		while (
			this.#count > 0 &&
			this.#times[this.#oldest]! <= atMs - this.#windowMs
		) {
			this.#oldest = (this.#oldest + 1) % this.#times.length;
			this.#count -= 1;
		}
		if (this.#count === this.#times.length) {
			this.#grow();
		}
		this.#times[(this.#oldest + this.#count) % this.#times.length] = atMs;
		this.#count += 1;
		this.#most = Math.max(this.#most, this.#count);
	}

	#grow(): void {
		const larger = new Float64Array(this.#times.length * 2);
		larger.set(this.#times.subarray(this.#oldest));
		larger.set(
			this.#times.subarray(0, this.#oldest),
			this.#times.length - this.#oldest,
		);
		this.#times = larger;
		this.#oldest = 0;
	}
}
