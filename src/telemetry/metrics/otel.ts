import type { Metric } from './exposition.js';

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

/** The part of an OpenTelemetry meter that is used. */
export interface OpenTelemetryMeter {
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
 * Shows an agent's metrics through OpenTelemetry: the same values, read when a reader collects. `api` is the
 * module `@opentelemetry/api`, which is the application's (an optional peer): without an SDK it does nothing. Each
 * histogram appears as its `.count` and `.sum`. Returns a function that takes the metrics back.
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
	const undo: Array<() => void> = [];
	const show = (metric: Metric, suffix: string, counts: boolean) => {
		const { name, unit } = nameAndUnit(metric.name);
		const options = {
			description: metric.help,
			unit: suffix === '_count' ? '1' : unit,
		};
		const full = `${name}${suffix.replace('_', '.')}`;
		const instrument = counts
			? meter.createObservableCounter(full, options)
			: meter.createObservableGauge(full, options);
		const callback = (result: ObservableResult) => {
			for (const [of, labels, value] of metric.samples()) {
				if (of === suffix) {
					result.observe(value, labels);
				}
			}
		};
		instrument.addCallback(callback);
		undo.push(() => {
			instrument.removeCallback(callback);
		});
	};
	for (const metric of metrics) {
		if (metric.type === 'histogram') {
			show(metric, '_count', true);
			show(metric, '_sum', true);
		} else {
			show(metric, '', metric.type === 'counter');
		}
	}
	return () => {
		undo.forEach((step) => {
			step();
		});
	};
}
