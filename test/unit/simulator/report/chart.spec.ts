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
	xLabel: 'x',
	yLabel: 'y',
	xScale: 'linear',
	yScale: 'log',
	x: [0, 10],
	y: [1, 1000],
};

const line = { name: 'a & b', colour: 0, ours: false };

describe('charts', () => {
	it('have round ticks', () => {
		expect(linearTicks(0, 10)).to.deep.equal([0, 2, 4, 6, 8, 10]);
		expect(linearTicks(0, 390)).to.deep.equal([0, 100, 200, 300]);
		expect(logTicks(1, 10_000)).to.deep.equal([1, 10, 100, 1000, 10_000]);
		expect(logTicks(0.8, 6)).to.deep.equal([1, 2, 5]);
	});

	it('escape every name', () => {
		expect(escaped('<b>"&\'')).to.equal('&#60;b&#62;&#34;&#38;&#39;');
		const svg = lineChart(options, [{ ...line, points: [[0, 1]] }]);
		expect(svg).to.contain('a &#38; b');
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
		expect(svg).to.contain('d="M70.0 310.0L840.0 20.0L455.0 20.0"');
	});

	it('draw ours last, so that it lies on top', () => {
		const svg = lineChart(options, [
			{ name: 'ours', colour: 0, ours: true, points: [[0, 1]] },
			{ name: 'theirs', colour: 1, ours: false, points: [[0, 1]] },
		]);
		expect(svg.indexOf('theirs')).to.be.lessThan(svg.indexOf('ours</title>'));
	});

	it('leave a mark outside the ranges hollow', () => {
		const svg = scatterChart(options, [
			{ name: 'in', colour: 0, x: 5, y: 10 },
			{ name: 'never', colour: 1, x: 5, y: Infinity },
		]);
		expect(svg.match(/hollow/g)).to.have.length(1);
		expect(svg).to.not.match(/NaN|Infinity/);
	});
});
