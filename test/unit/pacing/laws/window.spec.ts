import { expect } from 'chai';

import { windowTurn } from '../../../../src/pacing/laws/window.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const numbers = { windowRetryFrom: 0.5, windowRetryEnds: [1.1, 1.2] };
const random = seededRandom('window');

function drawn(earliestMs: number, windowMs = 1000): number[] {
	return Array.from(
		{ length: 500 },
		() => windowTurn(numbers, windowMs, earliestMs, random)!.atMs,
	);
}

describe('law of the window, after a refusal', () => {
	it('leaves the crowded first part of the window alone', () => {
		const moments = drawn(100);
		expect(Math.min(...moments)).to.be.within(500, 530);
		expect(Math.max(...moments)).to.be.within(1080, 1100);
	});

	it('stays after the earliest moment', () => {
		expect(Math.min(...drawn(900))).to.be.at.least(900);
	});

	it('goes on to the next end where one is close', () => {
		const moments = drawn(1095);
		expect(Math.min(...moments)).to.be.at.least(1095);
		expect(Math.max(...moments)).to.be.within(1180, 1200);
	});

	it('is over after the last end, and without a window', () => {
		expect(windowTurn(numbers, 1000, 1200, random)).to.equal(undefined);
		expect(windowTurn(numbers, 0, 10, random)).to.equal(undefined);
	});
});
