import { expect } from 'chai';

import { learnedMs, memoryTurn } from '../../../../src/pacing/laws/memory.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const numbers = { hedgeFromMs: 14_000, hedgeToMs: 50_000 };
const random = seededRandom('memory');

function turnAt(recoveryMs: number, elapsedMs: number): number | undefined {
	return memoryTurn(numbers, recoveryMs, elapsedMs, elapsedMs + 500, random)
		?.atMs;
}

describe('law of memory', () => {
	it('hedges once, for the herd may be a small one', () => {
		for (let i = 0; i < 100; i++) {
			expect(turnAt(180_000, 2000)).to.be.within(14_000, 50_000);
		}
	});

	it('then takes the very place of the last herd', () => {
		expect(turnAt(180_000, 30_000)).to.equal(180_000);
	});

	it('takes an early place without a hedge', () => {
		expect(turnAt(40_000, 2000)).to.equal(40_000);
	});

	it('has nothing to say once that place was refused', () => {
		expect(turnAt(180_000, 180_000)).to.equal(undefined);
		expect(turnAt(180_000, 179_900)).to.equal(undefined);
	});

	it('tries places between when the remembered herd was far larger', () => {
		for (let i = 0; i < 100; i++) {
			const first = turnAt(2_000_000, 30_000)!;
			expect(first).to.be.within(2_000_000 / 14, 2_000_000 / 7);
			expect(turnAt(2_000_000, first)).to.equal(2_000_000);
		}
	});

	it('remembers a first place, and a later one', () => {
		expect(learnedMs(numbers, 0, 90_000)).to.equal(90_000);
		expect(learnedMs(numbers, 90_000, 130_000)).to.equal(130_000);
	});

	it('keeps its place after a hedge that was let in, so that places do not shift from herd to herd', () => {
		expect(learnedMs(numbers, 180_000, 30_000)).to.equal(180_000);
	});

	it('halves a place that turned out to be far too late', () => {
		expect(learnedMs(numbers, 3_000_000, 300_000)).to.equal(1_500_000);
	});
});
