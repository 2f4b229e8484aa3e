/**
 * The text format of Prometheus, version 0.0.4, and the three kinds of metric that the agent needs. Written out
 * here rather than taken from a library: the agent has eighteen metrics, and a registry with its own defaults,
 * timers and aggregators would weigh more than the rest of telemetry.
 */
export const EXPOSITION_CONTENT_TYPE =
	'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

/** A metric that can be written out. */
export interface Metric {
	readonly name: string;
	readonly type: 'counter' | 'gauge' | 'histogram';
	readonly help: string;
	/** `suffix`, labels and value of each sample. */
	samples(): Iterable<readonly [suffix: string, labels: Labels, value: number]>;
}

const escapeHelp = (text: string) =>
	text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text: string) => escapeHelp(text).replace(/"/g, '\\"');

function valueText(value: number): string {
	if (Number.isNaN(value)) {
		return 'NaN';
	}
	return Number.isFinite(value) ? `${value}` : value > 0 ? '+Inf' : '-Inf';
}

function labelText(labels: Labels): string {
	const pairs = Object.entries(labels).map(
		([name, value]) => `${name}="${escapeLabel(value)}"`,
	);
	return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

/** Writes metrics out; ends in a line feed, as the format demands. */
export function renderMetrics(metrics: readonly Metric[]): string {
	const lines = metrics.flatMap((metric) => [
		`# HELP ${metric.name} ${escapeHelp(metric.help)}`,
		`# TYPE ${metric.name} ${metric.type}`,
		...[...metric.samples()].map(
			([suffix, labels, value]) =>
				`${metric.name}${suffix}${labelText(labels)} ${valueText(value)}`,
		),
	]);
	return `${lines.join('\n')}\n`;
}

/** No metric grows beyond this many combinations of labels; more are added to one called `other`. */
export const MOST_SERIES = 64;

const OTHER = 'other';

class Series<T> {
	readonly #byKey = new Map<string, { labels: Labels; value: T }>();

	constructor(private readonly make: () => T) {}

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
		const entry = this.#byKey.get(key) ?? { labels: kept, value: this.make() };
		this.#byKey.set(key, entry);
		return entry;
	}

	values() {
		return this.#byKey.values();
	}
}

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
	constructor(
		readonly name: string,
		readonly help: string,
		private readonly read: () => Iterable<readonly [Labels, number]>,
		/** `counter` for a total that somebody else counts. */
		readonly type: 'gauge' | 'counter' = 'gauge',
	) {}

	*samples() {
		for (const [labels, value] of this.read()) {
			yield ['', labels, value] as const;
		}
	}
}

interface Distribution {
	readonly counts: number[];
	count: number;
	sum: number;
}

/** How durations are distributed over fixed bounds. */
export class Histogram implements Metric {
	readonly type = 'histogram';
	readonly #series: Series<Distribution>;

	constructor(
		readonly name: string,
		readonly help: string,
		private readonly bounds: readonly number[],
	) {
		this.#series = new Series(() => ({
			counts: bounds.map(() => 0),
			count: 0,
			sum: 0,
		}));
	}

	observe(labels: Labels, value: number): void {
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
