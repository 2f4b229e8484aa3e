import { expect } from 'chai';

import { constantTurn } from '../../../../src/pacing/laws/constant.js';

const numbers = { constantSpread: 5 };

describe('law of the constant retry-after', () => {
	it('spreads the first wait over a multiple of the time that has passed, after the floor', () => {
		expect(constantTurn(numbers, 1, 64, 34, 0).atMs).to.equal(64);
		expect(constantTurn(numbers, 1, 64, 34, 1).atMs).to.equal(64 + 170);
	});

	it('then widens from refusal to refusal', () => {
		const widths = [2, 3, 4, 5, 6, 20].map(
			(times) => constantTurn(numbers, times, 130, 100, 0.5).windowMs,
		);
		expect(widths).to.deep.equal([10, 20, 40, 80, 80, 80]);
	});

	it('never comes before the floor', () => {
		for (let times = 1; times < 10; times++) {
			expect(constantTurn(numbers, times, 130, 100, 0).atMs).to.be.at.least(
				130,
			);
		}
	});
});
