import type { Distribution, Labels, Metric } from './exposition.js';
import { Series } from './series.js';

/** Something that only grows. */
export class Counter implements Metric {
	readonly type = 'counter';
	readonly #series = new Series(() => 0);

	constructor(
		readonly name: string,
		readonly help: string,
		/** Series that are there from the start, at 0, so that a rate can be taken of the first event. */
		initial: readonly Labels[] = [],
	) {
		initial.forEach((labels) => this.#series.of(labels));
	}

	add(labels: Labels = {}, by = 1): void {
		this.#series.of(labels).value += by;
	}

	*samples() {
		for (const { labels, value } of this.#series.values()) {
			yield ['', labels, value] as const;
		}
	}
}

/** Something that is read when it is asked for. */
export class Gauge implements Metric {
	readonly #read: () => Iterable<readonly [Labels, number]>;

	constructor(
		readonly name: string,
		readonly help: string,
		read: () => Iterable<readonly [Labels, number]>,
		/** `counter` for a total that somebody else counts. */
		readonly type: 'gauge' | 'counter' = 'gauge',
	) {
		this.#read = read;
	}

	*samples() {
		for (const [labels, value] of this.#read()) {
			yield ['', labels, value] as const;
		}
	}
}

/** How durations are distributed over fixed bounds. */
export class Histogram implements Distribution {
	readonly type = 'histogram';
	readonly #followers = new Set<(labels: Labels, value: number) => void>();
	readonly #series: Series<{ counts: number[]; count: number; sum: number }>;

	constructor(
		readonly name: string,
		readonly help: string,
		readonly bounds: readonly number[],
	) {
		this.#series = new Series(() => ({
			counts: bounds.map(() => 0),
			count: 0,
			sum: 0,
		}));
	}

	follow(listener: (labels: Labels, value: number) => void): () => void {
		this.#followers.add(listener);
		return () => {
			this.#followers.delete(listener);
		};
	}

	observe(labels: Labels, value: number): void {
		this.#followers.forEach((listener) => {
			listener(labels, value);
		});
		const { value: distribution } = this.#series.of(labels);
		distribution.count++;
		distribution.sum += value;
		this.bounds.forEach((bound, i) => {
			if (value <= bound) {
				distribution.counts[i]!++;
			}
		});
	}

	*samples() {
		for (const { labels, value } of this.#series.values()) {
			for (const [i, bound] of this.bounds.entries()) {
				yield [
					'_bucket',
					{ ...labels, le: `${bound}` },
					value.counts[i]!,
				] as const;
			}
			yield ['_bucket', { ...labels, le: '+Inf' }, value.count] as const;
			yield ['_sum', labels, value.sum] as const;
			yield ['_count', labels, value.count] as const;
		}
	}
}
