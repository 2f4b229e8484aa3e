import { rounded } from './measure.js';

/** Who was away for how long, over the herds that the same devices live through. */
export class Fairness {
	readonly #downtimeMs: Float64Array;
	#ranks: Float64Array | undefined;
	readonly #correlations: number[] = [];

	constructor(devices: number) {
		this.#downtimeMs = new Float64Array(devices);
	}

	/** One herd ended: when each device came back, and when they all were cut. */
	add(upAtMs: Float64Array, lostAtMs: number): void {
		upAtMs.forEach((atMs, device) => {
			this.#downtimeMs[device]! += atMs - lostAtMs;
		});
		const ranks = ranksOf(upAtMs);
		if (this.#ranks !== undefined) {
			this.#correlations.push(correlation(this.#ranks, ranks));
		}
		this.#ranks = ranks;
	}

	/** The 95th percentile of the downtime over the 5th; null where somebody never came back. */
	get downtimeP95OverP5(): number | null {
		const sorted = this.#downtimeMs.slice().sort();
		const at = (share: number) =>
			sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
		const ratio = at(0.95) / at(0.05);
		return Number.isFinite(ratio) ? rounded(ratio) : null;
	}

	/** Spearman's, between a herd and the next, on the mean. */
	get rankCorrelation(): number | null {
		const all = this.#correlations;
		return all.length === 0
			? null
			: rounded(all.reduce((sum, each) => sum + each) / all.length);
	}
}

function ranksOf(values: Float64Array): Float64Array {
	const order = Array.from(values.keys()).sort(
		(a, b) => values[a]! - values[b]!,
	);
	const ranks = new Float64Array(values.length);
	order.forEach((device, rank) => {
		ranks[device] = rank;
	});
	return ranks;
}

function correlation(a: Float64Array, b: Float64Array): number {
	const middle = (a.length - 1) / 2;
	let both = 0;
	let own = 0;
	for (let i = 0; i < a.length; i++) {
		both += (a[i]! - middle) * (b[i]! - middle);
		own += (a[i]! - middle) ** 2;
	}
	return own > 0 ? both / own : 0;
}
