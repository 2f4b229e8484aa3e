import * as api from '@opentelemetry/api';
import {
	AggregationTemporality,
	InMemoryMetricExporter,
	MeterProvider,
	PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';

import { outcome } from '../../../src/outcome.js';
import { AgentMetrics } from '../../../src/telemetry/metrics/agent-metrics.js';
import { bridgeToOpenTelemetry } from '../../../src/telemetry/metrics/otel.js';
import { FakeAgent, STATS, fakeLink } from './fake-agent.js';

describe('the OpenTelemetry bridge', () => {
	const exporter = new InMemoryMetricExporter(
		AggregationTemporality.CUMULATIVE,
	);
	const provider = new MeterProvider({
		readers: [
			new PeriodicExportingMetricReader({
				exporter,
				exportIntervalMillis: 3600_000,
			}),
		],
	});

	const collect = async () => {
		exporter.reset();
		await provider.forceFlush();
		const scopes = exporter
			.getMetrics()
			.flatMap(({ scopeMetrics }) => scopeMetrics);
		return new Map(
			scopes
				.flatMap(({ metrics }) => metrics)
				.map((metric) => [metric.descriptor.name, metric]),
		);
	};

	before(() => {
		api.metrics.setGlobalMeterProvider(provider);
	});

	after(async () => {
		api.metrics.disable();
		await provider.shutdown();
	});

	it("shows an agent's metrics under OpenTelemetry's names and units", async () => {
		const agent = new FakeAgent();
		const metrics = new AgentMetrics(agent, { version: '1.0.0' });
		const unbridge = bridgeToOpenTelemetry(metrics.metrics, api, '1.0.0');
		agent.emit('attempt', { count: 1, transport: 'udp', node: 'a:1' });
		agent.emit('up', fakeLink(STATS));
		agent.emit('retry', {
			outcome: outcome('http-429', ''),
			law: 'slot',
			delayMs: 3000,
			at: 0,
			hint: undefined,
			windowMs: undefined,
			reason: '',
		});
		const seen = await collect();
		const roundTrip = seen.get('cloudlink.link.round.trip');
		expect(roundTrip?.descriptor.unit).to.equal('s');
		expect(roundTrip?.dataPoints[0]?.value).to.equal(0.0125);
		const attempts = seen.get('cloudlink.connect.attempts');
		expect(attempts?.dataPoints[0]).to.deep.include({
			value: 1,
			attributes: { transport: 'udp' },
		});
		expect(seen.get('cloudlink.receive')?.descriptor.unit).to.equal('By');
		const waits = seen.get('cloudlink.wait');
		expect(waits?.descriptor.unit).to.equal('s');
		expect(waits?.dataPoints[0]?.attributes).to.deep.equal({ law: 'slot' });
		const inOpenTelemetry = waits?.dataPoints[0]?.value as {
			buckets: { boundaries: number[]; counts: number[] };
			sum: number;
			count: number;
		};
		expect(inOpenTelemetry).to.include({ sum: 3, count: 1 });
		// The same buckets as Prometheus has, where each counts what is in those before it too.
		const inPrometheus = [
			...metrics
				.render()
				.matchAll(/cloudlink_wait_seconds_bucket\{.*le="(.*)"\} (\d+)/g),
		].map(([, bound, count]) => [Number(bound), Number(count)] as const);
		let sum = 0;
		expect(
			inOpenTelemetry.buckets.counts.map((count, i) => [
				inOpenTelemetry.buckets.boundaries[i] ?? NaN,
				(sum += count),
			]),
		).to.deep.equal(inPrometheus.map(([bound, count]) => [bound, count]));
		unbridge();
		agent.emit('attempt', { count: 2, transport: 'udp', node: 'a:1' });
		const still = (await collect()).get('cloudlink.connect.attempts');
		expect(still?.dataPoints[0]?.value).to.equal(1);
		metrics.close();
	});

	it('does nothing, and fails at nothing, where no SDK is set up', () => {
		api.metrics.disable();
		const metrics = new AgentMetrics(new FakeAgent(), { version: '1.0.0' });
		bridgeToOpenTelemetry(metrics.metrics, api)();
		metrics.close();
	});
});
