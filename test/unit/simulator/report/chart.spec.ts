import { expect } from 'chai';

import {
	escaped,
	linearTicks,
	lineChart,
	logTicks,
	scatterChart,
	type ChartOptions,
} from '../../../../src/simulator/report/chart.js';

const options: ChartOptions = {
	title: 'A <chart>',
	description: 'It shows "all" that there is.',
	xLabel: 'x',
	yLabel: 'y',
	xScale: 'linear',
	yScale: 'log',
	x: [0, 10],
	y: [1, 1000],
};

const line = { colour: 0 };

describe('charts', () => {
	it('have round ticks', () => {
		expect(linearTicks(0, 10)).to.deep.equal([0, 5, 10]);
		expect(linearTicks(0, 390)).to.deep.equal([0, 100, 200, 300]);
		expect(logTicks(1, 10_000)).to.deep.equal([1, 10, 100, 1000, 10_000]);
		expect(logTicks(0.8, 6)).to.deep.equal([1, 2, 5]);
	});

	it('escape every name', () => {
		expect(escaped('<b>"&\'')).to.equal('&#60;b&#62;&#34;&#38;&#39;');
		const svg = lineChart(options, [{ ...line, points: [[0, 1]] }]);
		expect(svg).to.contain('A &#60;chart&#62;. It shows &#34;all&#34;');
		expect(svg).to.not.contain('<chart>');
	});

	it('put points where they belong, and those outside at the edge', () => {
		const svg = lineChart(options, [
			{
				...line,
				points: [
					[0, 1],
					[10, 1000],
					[5, 1e9],
					[20, 1],
				],
			},
		]);
		expect(svg).to.contain('d="M46.0 154.0L302.0 20.0L174.0 20.0"');
	});

	it('leave a mark outside the ranges hollow', () => {
		const svg = scatterChart(options, [
			{ colour: 0, x: 5, y: 10 },
			{ colour: 1, x: 5, y: Infinity },
		]);
		expect(svg.match(/hollow/g)).to.have.length(1);
		expect(svg).to.not.match(/NaN|Infinity/);
	});
});
