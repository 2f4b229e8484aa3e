import { expect } from 'chai';

import { Timeline } from '../../../../src/simulator/engine/timeline.js';

describe('Timeline', () => {
	it('counts events in bins from its start', () => {
		const timeline = new Timeline(1000, 250);
		for (const atMs of [1000, 1249, 1250, 1800]) {
			timeline.add(atMs);
		}
		expect(timeline.bins()).to.deep.equal({
			widthMs: 250,
			counts: [2, 1, 0, 1],
		});
	});

	it('widens its bins when time runs over them, and loses no event', () => {
		const timeline = new Timeline(0, 250);
		for (let atMs = 0; atMs < 3600_000; atMs += 1000) {
			timeline.add(atMs);
		}
		const { widthMs, counts } = timeline.bins();
		expect(counts.length).to.be.at.most(8192);
		expect(widthMs * counts.length).to.be.within(3599_000, 3601_000);
		expect(counts.reduce((sum, count) => sum + count)).to.equal(3600);
		expect(counts[1]).to.equal(0);
		expect(widthMs).to.equal(500);
	});
});
