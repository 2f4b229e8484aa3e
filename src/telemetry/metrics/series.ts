import type { Labels } from './exposition.js';

/** No metric grows beyond this many combinations of labels; more are added to one called `other`. */
export const MOST_SERIES = 64;

const OTHER = 'other';

/** The values of one metric, by its labels. */
export class Series<T> {
	readonly #byKey = new Map<string, { labels: Labels; value: T }>();
	readonly #make: () => T;

	constructor(make: () => T) {
		this.#make = make;
	}

	of(labels: Labels): { labels: Labels; value: T } {
		const known = this.#byKey.get(JSON.stringify(labels));
		if (known) {
			return known;
		}
		const kept =
			this.#byKey.size < MOST_SERIES
				? labels
				: Object.fromEntries(Object.keys(labels).map((name) => [name, OTHER]));
		const key = JSON.stringify(kept);
		const entry = this.#byKey.get(key) ?? { labels: kept, value: this.#make() };
		this.#byKey.set(key, entry);
		return entry;
	}

	values() {
		return this.#byKey.values();
	}
}
