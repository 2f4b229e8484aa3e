/**
 * The text format of Prometheus, version 0.0.4. Written out here rather than taken from a library: a registry
 * with its own defaults, timers and aggregators would weigh more than the rest of telemetry.
 */
export const EXPOSITION_CONTENT_TYPE =
	'text/plain; version=0.0.4; charset=utf-8';

/** A series' labels, by name. */
export type Labels = Readonly<Record<string, string>>;

/** A metric that can be written out. */
export interface Metric {
	readonly name: string;
	readonly type: 'counter' | 'gauge' | 'histogram';
	readonly help: string;
	/** `suffix`, labels and value of each sample. */
	samples(): Iterable<readonly [suffix: string, labels: Labels, value: number]>;
}

/** A metric whose observations can be followed one by one, for who keeps a distribution of its own. */
export interface Distribution extends Metric {
	readonly type: 'histogram';
	/** The upper bounds of its buckets, without the infinite one. */
	readonly bounds: readonly number[];
	/** Calls back for each observation from now on. Returns what ends that. */
	follow(listener: (labels: Labels, value: number) => void): () => void;
}

export function isDistribution(metric: Metric): metric is Distribution {
	return metric.type === 'histogram' && 'follow' in metric;
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
