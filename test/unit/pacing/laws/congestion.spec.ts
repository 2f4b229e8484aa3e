import { expect } from 'chai';

import {
	nextTurn,
	type CongestionNumbers,
} from '../../../../src/pacing/laws/congestion.js';
import { resolvePacing } from '../../../../src/pacing/index.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const numbers: CongestionNumbers = {
	congestionEdgesMs: [10, 20, 40, 60, 100],
	secondTryFromMs: Infinity,
	secondTryShare: 0.1,
};

function turns(of: CongestionNumbers, place: number, count: number): number[] {
	const moments: number[] = [];
	let afterMs = 0;
	while (moments.length < count) {
		afterMs = nextTurn(of, place, afterMs).atMs;
		moments.push(afterMs);
	}
	return moments;
}

describe('law of congestion', () => {
	it('gives a device one turn between every second edge, always at its own share of the way', () => {
		expect(turns(numbers, 0, 3)).to.deep.equal([10, 40, 100]);
		expect(turns(numbers, 0.25, 2)).to.deep.equal([15, 50]);
		expect(turns(numbers, 0.75, 2)).to.deep.equal([30, 80]);
	});

	it('goes on beyond the last edge by the ratio of the last turn', () => {
		const [, , first, second, third] = turns(numbers, 0, 5);
		expect(first).to.equal(100);
		expect(second).to.equal(250);
		expect(third).to.equal(625);
		expect(turns(numbers, 0.5, 4)[3]).to.equal(375);
	});

	it('adds a second try a share of a turn later, from a moment on', () => {
		const from = { ...numbers, secondTryFromMs: 40 };
		expect(turns(from, 0, 5).map(Math.round)).to.deep.equal([
			10, 40, 44, 100, 110,
		]);
	});

	it('fills a turn evenly with the turns of a fleet', () => {
		const random = seededRandom('even');
		const firstHalf = Array.from({ length: 4000 }, random).filter(
			(place) => nextTurn(numbers, place, 40).atMs < 60,
		);
		expect(firstHalf.length).to.be.within(1900, 2100);
	});

	it('answers with a turn after any moment, however late, and never out of proportion', () => {
		const options = resolvePacing();
		const random = seededRandom('late');
		for (let i = 0; i < 2000; i++) {
			const afterMs = 1e4 * 1e5 ** random();
			const { atMs, windowMs } = nextTurn(options, random(), afterMs);
			expect(atMs).to.be.above(afterMs);
			expect(atMs).to.be.below(afterMs * 5);
			expect(windowMs).to.be.above(0);
		}
	});

	it('has a window that is a share of the time passed, so that no congestion outgrows it', () => {
		const options = resolvePacing();
		for (let atMs = 1e5; atMs < 1e9; atMs *= 1.7) {
			const { windowMs } = nextTurn(options, 0.5, atMs);
			expect(windowMs / atMs).to.be.above(0.3);
		}
	});
});
