import { expect } from 'chai';

import {
	nextTurn,
	type CongestionNumbers,
} from '../../../../src/pacing/laws/congestion.js';
import { resolvePacing } from '../../../../src/pacing/index.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const numbers: CongestionNumbers = {
	congestionEdgesMs: [10, 20, 40, 60, 100],
};

/** Chance in which a phase does not move. */
const still = () => 0.5;

function turns(phase: number, count: number, fromMs = Infinity): number[] {
	const moments: number[] = [];
	let afterMs = 0;
	while (moments.length < count) {
		const secondTry = { fromMs, share: 0.1 };
		afterMs = nextTurn(numbers, phase, afterMs, still, secondTry).atMs;
		moments.push(afterMs);
	}
	return moments;
}

describe('law of congestion', () => {
	it('gives a device one turn between every second edge, at its own share of the way', () => {
		expect(turns(0, 3)).to.deep.equal([10, 40, 100]);
		expect(turns(0.25, 2)).to.deep.equal([15, 50]);
		expect(turns(0.75, 2)).to.deep.equal([30, 80]);
	});

	it('repeats the last turn for ever', () => {
		const [, , first, second, third] = turns(0, 5);
		expect(first).to.equal(100);
		expect(second).to.equal(160);
		expect(third).to.equal(220);
		expect(turns(0.5, 4)[3]).to.equal(180);
	});

	it('adds a second try a share of a turn later, from a moment on', () => {
		expect(turns(0, 5, 40).map(Math.round)).to.deep.equal([
			10, 40, 44, 100, 104,
		]);
	});

	it('fills a turn evenly with the turns of a fleet', () => {
		const random = seededRandom('even');
		const firstHalf = Array.from({ length: 4000 }, random).filter(
			(phase) => nextTurn(numbers, phase, 40, random).atMs < 60,
		);
		expect(firstHalf.length).to.be.within(1900, 2100);
	});

	it('answers with a turn after any moment, however late, and never out of proportion', () => {
		const options = resolvePacing();
		const random = seededRandom('late');
		for (let i = 0; i < 2000; i++) {
			const afterMs = 1e4 * 1e5 ** random();
			const { atMs, windowMs } = nextTurn(options, random(), afterMs, random);
			expect(atMs).to.be.above(afterMs);
			expect(atMs).to.be.below(Math.max(afterMs, 20_000) * 6);
			expect(windowMs).to.be.above(0);
		}
	});

	it('has a window that is a share of the time passed, and never longer than 40 minutes', () => {
		const options = resolvePacing();
		for (let atMs = 1e5; atMs < 1e9; atMs *= 1.7) {
			const { windowMs } = nextTurn(options, 0.5, atMs, still);
			expect(windowMs).to.be.above(Math.min(0.3 * atMs, 1200_000));
			expect(windowMs).to.be.at.most(40 * 60_000);
		}
	});
});
