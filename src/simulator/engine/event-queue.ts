/** Children of a heap node: four keep the heap shallow and its siblings in one cache line. */
const ARITY = 4;

/**
 * The next attempts of a fleet, earliest first; of two at the same instant the lower device comes
 * first, so that a run does not depend on the order in which attempts were planned. A heap in typed
 * arrays: a million entries cost 12 MB, and nothing is allocated while the simulation runs.
 */
export class EventQueue {
	#times: Float64Array;
	#devices: Int32Array;
	#count = 0;

	constructor(capacity = 1024) {
		this.#times = new Float64Array(Math.max(1, capacity));
		this.#devices = new Int32Array(Math.max(1, capacity));
	}

	get size(): number {
		return this.#count;
	}

	/** The time of the earliest entry; Infinity when there is none. */
	get nextMs(): number {
		return this.#count > 0 ? this.#times[0]! : Infinity;
	}

	push(atMs: number, device: number): void {
		if (this.#count === this.#times.length) {
			this.#grow();
		}
		let hole = this.#count++;
		while (hole > 0) {
			const parent = Math.floor((hole - 1) / ARITY);
			if (!this.#isBefore(atMs, device, parent)) {
				break;
			}
			this.#times[hole] = this.#times[parent]!;
			this.#devices[hole] = this.#devices[parent]!;
			hole = parent;
		}
		this.#times[hole] = atMs;
		this.#devices[hole] = device;
	}

	/** Takes the earliest entry out and returns its device; read {@link nextMs} first for its time. */
	pop(): number {
		const first = this.#devices[0]!;
		const last = --this.#count;
		const atMs = this.#times[last]!;
		const device = this.#devices[last]!;
		let hole = 0;
		for (;;) {
			const child = this.#earliestChild(hole);
			if (child < 0 || this.#isBefore(atMs, device, child)) {
				break;
			}
			this.#times[hole] = this.#times[child]!;
			this.#devices[hole] = this.#devices[child]!;
			hole = child;
		}
		this.#times[hole] = atMs;
		this.#devices[hole] = device;
		return first;
	}

	#earliestChild(parent: number): number {
		const from = parent * ARITY + 1;
		if (from >= this.#count) {
			return -1;
		}
		const to = Math.min(from + ARITY, this.#count);
		let best = from;
		for (let child = from + 1; child < to; child++) {
			if (this.#isBefore(this.#times[child]!, this.#devices[child]!, best)) {
				best = child;
			}
		}
		return best;
	}

	#isBefore(atMs: number, device: number, index: number): boolean {
		const other = this.#times[index]!;
		return atMs < other || (atMs === other && device < this.#devices[index]!);
	}

	#grow(): void {
		const times = new Float64Array(this.#times.length * 2);
		const devices = new Int32Array(this.#devices.length * 2);
		times.set(this.#times);
		devices.set(this.#devices);
		this.#times = times;
		this.#devices = devices;
	}
}
