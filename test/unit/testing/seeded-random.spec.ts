import { expect } from 'chai';

import { seededRandom } from '../../../src/testing/seeded-random.js';

const draw = (random: () => number, n: number) =>
	Array.from({ length: n }, () => random());

describe('seededRandom', () => {
	it('repeats for the same seed, and says which it was', () => {
		expect(draw(seededRandom(7), 20)).to.deep.equal(
			draw(seededRandom('7'), 20),
		);
		expect(seededRandom(7).seed).to.equal('7');
	});

	it('differs from seed to seed from the first number on', () => {
		const firsts = Array.from({ length: 1000 }, (_, i) => seededRandom(i)());
		expect(new Set(firsts).size).to.equal(1000);
		const mean = firsts.reduce((sum, x) => sum + x, 0) / firsts.length;
		expect(mean).to.be.closeTo(0.5, 0.04);
	});

	it('is uniform in [0, 1) with 53 bits', () => {
		const numbers = draw(seededRandom('uniform'), 100_000);
		expect(numbers.every((x) => x >= 0 && x < 1)).to.equal(true);
		const buckets = new Array<number>(20).fill(0);
		for (const x of numbers) {
			buckets[Math.floor(x * 20)]!++;
		}
		// Chi-squared with 19 degrees of freedom: 43.8 is passed once in a thousand.
		const chi2 = buckets.reduce((sum, n) => sum + (n - 5000) ** 2 / 5000, 0);
		expect(chi2).to.be.below(43.8);
		// The low bits are in use: with 32 bits every number times 2 ** 32 would be whole.
		expect(numbers.some((x) => !Number.isInteger(x * 2 ** 32))).to.equal(true);
		expect(numbers.every((x) => Number.isInteger(x * 2 ** 53))).to.equal(true);
	});

	it('forks by label, independent of how many numbers were drawn', () => {
		const parent = seededRandom('fleet');
		const early = draw(parent.fork('device 1'), 5);
		draw(parent, 100);
		expect(draw(parent.fork('device 1'), 5)).to.deep.equal(early);
		expect(draw(parent.fork('device 2'), 5)).not.to.deep.equal(early);
		expect(parent.fork('device 1').seed).to.equal('fleet/device 1');
	});
});
