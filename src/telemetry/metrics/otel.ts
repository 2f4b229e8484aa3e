import {
	isDistribution,
	type Distribution,
	type Metric,
} from './exposition.js';

/** What the bridge needs of `@opentelemetry/api`; any 1.x has it. */
export interface OpenTelemetryApi {
	readonly metrics: {
		/** The meter of a library by this name. */
		getMeter(name: string, version?: string): OpenTelemetryMeter;
	};
}

/** The part of OpenTelemetry's options for an instrument that is used. */
export interface InstrumentOptions {
	readonly description?: string;
	readonly unit?: string;
}

/** What a callback reports to. */
export interface ObservableResult {
	/** Reports one value. */
	observe(
		value: number,
		attributes?: Record<string, string | number | boolean>,
	): void;
}

/** An instrument that is asked. */
export interface Observable {
	/** Has the callback asked at each collection. */
	addCallback(callback: (result: ObservableResult) => void): void;
	/** Has it asked no longer. */
	removeCallback(callback: (result: ObservableResult) => void): void;
}

/** Of a histogram. */
export interface HistogramOptions extends InstrumentOptions {
	/** Where an SDK that knows it puts the buckets. */
	readonly advice?: { explicitBucketBoundaries?: number[] };
}

/** An instrument for a distribution. */
export interface OpenTelemetryHistogram {
	/** Counts one value. */
	record(value: number, attributes?: Record<string, string>): void;
}

/** The part of an OpenTelemetry meter that is used. */
export interface OpenTelemetryMeter {
	/** An instrument for a distribution. */
	createHistogram(
		name: string,
		options?: HistogramOptions,
	): OpenTelemetryHistogram;
	/** An instrument that goes up and down. */
	createObservableGauge(name: string, options?: InstrumentOptions): Observable;
	/** An instrument that only rises. */
	createObservableCounter(
		name: string,
		options?: InstrumentOptions,
	): Observable;
}

const UNITS = { seconds: 's', bytes: 'By' } as const;

/** `cloudlink_link_age_seconds` is `cloudlink.link.age` in `s`: OpenTelemetry keeps units out of names. */
function nameAndUnit(metric: string): { name: string; unit: string } {
	const base = metric.replace(/_total$/, '');
	const [, stem, unit] = /^(.*)_(seconds|bytes)$/.exec(base) ?? [];
	return {
		name: (stem ?? base).replaceAll('_', '.'),
		unit: unit ? UNITS[unit as keyof typeof UNITS] : '1',
	};
}

/**
 * Shows an agent's metrics through OpenTelemetry: the same values, read when a reader collects, and the same histograms with the same
 * buckets, of what happens from now on. `api` is the module `@opentelemetry/api`, which is the application's (an optional peer): without an
 * SDK it does nothing. Returns a function that takes the metrics back.
 *
 * @example
 * import * as api from '@opentelemetry/api';
 * const metrics = new AgentMetrics(agent, { version: '1.0.0' });
 * const unbridge = bridgeToOpenTelemetry(metrics.metrics, api, '1.0.0');
 */
export function bridgeToOpenTelemetry(
	metrics: readonly Metric[],
	api: OpenTelemetryApi,
	version?: string,
): () => void {
	const meter = api.metrics.getMeter('cloudlink-agent', version);
	const undo = metrics.map((metric) =>
		isDistribution(metric)
			? showDistribution(meter, metric)
			: showValues(meter, metric),
	);
	return () => {
		undo.forEach((step) => {
			step();
		});
	};
}

function showDistribution(
	meter: OpenTelemetryMeter,
	metric: Distribution,
): () => void {
	const { name, unit } = nameAndUnit(metric.name);
	const histogram = meter.createHistogram(name, {
		description: metric.help,
		unit,
		advice: { explicitBucketBoundaries: [...metric.bounds] },
	});
	return metric.follow((labels, value) => {
		histogram.record(value, labels);
	});
}

function showValues(meter: OpenTelemetryMeter, metric: Metric): () => void {
	const { name, unit } = nameAndUnit(metric.name);
	const options = { description: metric.help, unit };
	const instrument =
		metric.type === 'counter'
			? meter.createObservableCounter(name, options)
			: meter.createObservableGauge(name, options);
	const callback = (result: ObservableResult) => {
		for (const [, labels, value] of metric.samples()) {
			result.observe(value, labels);
		}
	};
	instrument.addCallback(callback);
	return () => {
		instrument.removeCallback(callback);
	};
}
