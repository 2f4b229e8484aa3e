import { expect } from 'chai';

import { renderMetrics } from '../../../src/telemetry/metrics/exposition.js';
import {
	Counter,
	Gauge,
	Histogram,
} from '../../../src/telemetry/metrics/kinds.js';
import { MOST_SERIES } from '../../../src/telemetry/metrics/series.js';

describe('exposition', () => {
	it('writes a counter with its labels, and ends in a line feed', () => {
		const counter = new Counter('x_total', 'Things.');
		counter.add({ kind: 'a' });
		counter.add({ kind: 'a' }, 2);
		counter.add({ kind: 'b' });
		expect(renderMetrics([counter])).to.equal(
			'# HELP x_total Things.\n# TYPE x_total counter\nx_total{kind="a"} 3\nx_total{kind="b"} 1\n',
		);
	});

	it('escapes what would end a line or a label', () => {
		const counter = new Counter('x_total', 'One\\two\nthree "four"');
		counter.add({ kind: 'a"b\\c\nd' });
		expect(renderMetrics([counter])).to.equal(
			'# HELP x_total One\\\\two\\nthree "four"\n# TYPE x_total counter\nx_total{kind="a\\"b\\\\c\\nd"} 1\n',
		);
	});

	it('has series at 0 from the start where that was asked for', () => {
		const counter = new Counter('x_total', 'Things.', [{ kind: 'a' }]);
		expect(renderMetrics([counter])).to.include('x_total{kind="a"} 0\n');
	});

	it('reads a gauge when it is written out', () => {
		let value = 1;
		const gauge = new Gauge('x', 'Thing.', () => [[{}, value]]);
		value = Infinity;
		expect(renderMetrics([gauge])).to.include('\nx +Inf\n');
		value = NaN;
		expect(renderMetrics([gauge])).to.include('\nx NaN\n');
	});

	it('counts an observation in every bucket that it fits in', () => {
		const histogram = new Histogram('x_seconds', 'Times.', [1, 5]);
		[0.5, 1, 3, 100].forEach((value) => {
			histogram.observe({ law: 'slot' }, value);
		});
		expect(renderMetrics([histogram]).split('\n').slice(2)).to.deep.equal([
			'x_seconds_bucket{law="slot",le="1"} 2',
			'x_seconds_bucket{law="slot",le="5"} 3',
			'x_seconds_bucket{law="slot",le="+Inf"} 4',
			'x_seconds_sum{law="slot"} 104.5',
			'x_seconds_count{law="slot"} 4',
			'',
		]);
	});

	it('never grows beyond its bound, whatever the labels', () => {
		const counter = new Counter('x_total', 'Things.');
		for (let i = 0; i < 10 * MOST_SERIES; i++) {
			counter.add({ kind: `${i}` });
		}
		const samples = [...counter.samples()];
		expect(samples).to.have.length(MOST_SERIES + 1);
		expect(samples.at(-1)).to.deep.equal([
			'',
			{ kind: 'other' },
			9 * MOST_SERIES,
		]);
	});
});
