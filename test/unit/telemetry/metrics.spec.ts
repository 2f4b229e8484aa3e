import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import parsePrometheus from 'parse-prometheus-text-format';

import { CloudlinkError } from '../../../src/errors.js';
import { outcome } from '../../../src/outcome.js';
import { AgentMetrics } from '../../../src/telemetry/metrics/agent-metrics.js';
import { VirtualClock } from '../../../src/testing/index.js';
import {
	FakeAgent,
	STATS,
	fakeLink,
	upStatus,
	waitingStatus,
} from './fake-agent.js';

describe('agent metrics', () => {
	let clock: VirtualClock;
	let agent: FakeAgent;
	let metrics: AgentMetrics;

	const parse = (text: string) =>
		new Map(parsePrometheus(text).map((family) => [family.name, family]));
	/** Without types the parser keeps every sample as it stands, those of histograms too. */
	const value = (name: string, labels: Record<string, string> = {}) => {
		const samples = parse(metrics.render().replace(/^#.*\n/gm, ''));
		const found = samples
			.get(name)
			?.metrics.find((sample) =>
				Object.entries(labels).every(([k, v]) => sample.labels?.[k] === v),
			);
		return found?.value === undefined ? undefined : Number(found.value);
	};

	beforeEach(() => {
		clock = new VirtualClock();
		agent = new FakeAgent();
		metrics = new AgentMetrics(agent, { version: '1.2.3', clock });
	});

	/** One life: two attempts, a link, its loss, a wait, a warning. */
	const live = () => {
		agent.become(waitingStatus(12_000));
		agent.emit('attempt', {
			count: 1,
			transport: 'websocket',
			node: 'a.example.com:443',
		});
		clock.advance(400);
		agent.emit('up', fakeLink({ ...STATS }));
		agent.become(upStatus());
		agent.emit('down', {
			transport: 'websocket',
			node: 'a.example.com:443',
			outcome: outcome('link-reset', 'reset'),
			lastedMs: 700_000,
		});
		agent.emit('retry', {
			outcome: outcome('link-reset', 'reset'),
			law: 'window',
			delayMs: 7000,
			at: 0,
			hint: undefined,
			windowMs: undefined,
			reason: 'why',
		});
		agent.emit(
			'warning',
			new CloudlinkError('ERR_CLOUDLINK_STATE_FILE', 'cannot'),
		);
	};

	it('is read by a parser of the Prometheus text format, every line of it', () => {
		live();
		const text = metrics.render();
		const families = parse(text);
		const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1]!);
		expect([...families.keys()]).to.have.members(names);
		expect(names).to.have.length(metrics.metrics.length);
		for (const { name, type, help, metrics: samples } of families.values()) {
			expect(type, name).to.be.oneOf(['COUNTER', 'GAUGE', 'HISTOGRAM']);
			expect(help, name).to.match(/\.$/);
			for (const sample of samples) {
				const numbers = Object.values(
					sample.buckets ?? { only: sample.value! },
				);
				expect(numbers.map(Number), name).to.satisfy((all: number[]) =>
					all.every((n) => Number.isFinite(n)),
				);
			}
		}
		// The parser forgives what Prometheus itself would not: the grammar of a line, strictly.
		const line =
			/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? -?\d+(\.\d+)?(e-?\d+)?)$/;
		expect(text.endsWith('\n')).to.equal(true);
		for (const one of text.slice(0, -1).split('\n')) {
			expect(one).to.match(line);
		}
	});

	it('names counters _total and durations _seconds, as the convention has it', () => {
		for (const { name, type } of metrics.metrics) {
			expect(name).to.match(/^(cloudlink|process)_[a-z_]+$/);
			if (type === 'counter') {
				expect(name).to.match(/_total$/);
			} else {
				expect(name).not.to.match(/_total$/);
			}
			if (type === 'histogram') {
				expect(name).to.match(/_(seconds|bytes)$/);
			}
			expect(name).not.to.match(/_(ms|milliseconds|kb|minutes)(_|$)/);
		}
	});

	it('counts attempts, links, ends, outcomes and warnings', () => {
		live();
		expect(
			value('cloudlink_connect_attempts_total', { transport: 'websocket' }),
		).to.equal(1);
		expect(value('cloudlink_links_total')).to.equal(1);
		expect(value('cloudlink_links_ended_total', { outcome: 'lost' })).to.equal(
			1,
		);
		expect(value('cloudlink_outcomes_total', { outcome: 'lost' })).to.equal(1);
		expect(
			value('cloudlink_warnings_total', { code: 'ERR_CLOUDLINK_STATE_FILE' }),
		).to.equal(1);
	});

	it('distributes durations in seconds', () => {
		live();
		const dial = 'cloudlink_connect_duration_seconds';
		expect(value(`${dial}_sum`)).to.be.closeTo(0.4, 1e-9);
		expect(value(`${dial}_bucket`, { le: '0.25' })).to.equal(0);
		expect(value(`${dial}_bucket`, { le: '0.5' })).to.equal(1);
		expect(value('cloudlink_wait_seconds_sum', { law: 'window' })).to.equal(7);
		expect(value('cloudlink_link_duration_seconds_sum')).to.equal(700);
	});

	it('tells the state as one of the states, and the wait in seconds', () => {
		agent.become(waitingStatus(12_000));
		expect(value('cloudlink_state', { state: 'waiting' })).to.equal(1);
		expect(value('cloudlink_state', { state: 'up' })).to.equal(0);
		expect(value('cloudlink_next_attempt_seconds')).to.equal(12);
		agent.become(upStatus());
		expect(value('cloudlink_state', { state: 'up' })).to.equal(1);
		expect(value('cloudlink_next_attempt_seconds')).to.equal(undefined);
	});

	it('tells the round trip and age of the current link, and nothing without one', () => {
		agent.emit('up', fakeLink({ ...STATS }));
		expect(value('cloudlink_link_round_trip_seconds')).to.equal(0.0125);
		expect(value('cloudlink_link_age_seconds')).to.equal(61);
		expect(value('cloudlink_link_open_streams')).to.equal(3);
		agent.emit('down', {
			transport: 'websocket',
			node: 'a',
			outcome: outcome('link-reset', ''),
			lastedMs: 1,
		});
		expect(value('cloudlink_link_round_trip_seconds')).to.equal(undefined);
		expect(value('cloudlink_link_open_streams')).to.equal(0);
	});

	it('adds the bytes of all links, and never goes back when one ends', () => {
		const stats = { ...STATS, bytesIn: 10, bytesOut: 20 };
		const down = () => {
			agent.emit('down', {
				transport: 'websocket',
				node: 'a',
				outcome: outcome('link-reset', ''),
				lastedMs: 1,
			});
		};
		agent.emit('up', fakeLink(stats));
		stats.bytesIn = 100;
		expect(value('cloudlink_receive_bytes_total')).to.equal(100);
		down();
		expect(value('cloudlink_receive_bytes_total')).to.equal(100);
		agent.emit('up', fakeLink({ ...STATS, bytesIn: 5, bytesOut: 6 }));
		expect(value('cloudlink_receive_bytes_total')).to.equal(105);
		// A successor that takes over: up comes without a down between.
		agent.emit('up', fakeLink({ ...STATS, bytesIn: 1, bytesOut: 1 }));
		expect(value('cloudlink_receive_bytes_total')).to.equal(106);
		expect(value('cloudlink_transmit_bytes_total')).to.equal(27);
	});

	it('leaves no listener behind when it is closed', () => {
		expect(agent.listeners).to.equal(5);
		metrics.close();
		expect(agent.listeners).to.equal(0);
	});

	it('is described in docs/metrics.md, each metric by its name and type', () => {
		const page = readFileSync('docs/metrics.md', 'utf8');
		const listed = [
			...page.matchAll(/^\| `((?:cloudlink|process)_[a-z_]+)` \| (\w+) \|/gm),
		];
		expect(listed.map(([, name, type]) => `${name} ${type}`)).to.have.members(
			metrics.metrics.map(({ name, type }) => `${name} ${type}`),
		);
	});
});
