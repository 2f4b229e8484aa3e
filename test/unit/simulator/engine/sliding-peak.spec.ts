import { expect } from 'chai';

import { SlidingPeak } from '../../../../src/simulator/engine/sliding-peak.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

describe('SlidingPeak', () => {
	it('counts a window that is open at its far end', () => {
		const peak = new SlidingPeak(1000);
		for (const atMs of [0, 1000, 2000]) {
			peak.add(atMs);
		}
		expect(peak.peak).to.equal(1);
	});

	it('finds the busiest window wherever it begins', () => {
		const peak = new SlidingPeak(1000);
		for (const atMs of [0, 600, 700, 1500, 1599, 1601, 5000]) {
			peak.add(atMs);
		}
		expect(peak.peak).to.equal(4); // 700 to 1601
	});

	it('agrees with counting every window, over more events than it holds at first', () => {
		const seed = process.env.SEED ?? '1';
		const random = seededRandom(seed);
		const times = Array.from({ length: 6000 }, () =>
			Math.floor(random() ** 2 * 4000),
		).sort((a, b) => a - b);
		const peak = new SlidingPeak(1000);
		for (const atMs of times) {
			peak.add(atMs);
		}
		const most = Math.max(
			...times.map(
				(from) => times.filter((t) => t >= from && t < from + 1000).length,
			),
		);
		expect(peak.peak, `replay with SEED=${seed}`).to.equal(most);
	});
});
