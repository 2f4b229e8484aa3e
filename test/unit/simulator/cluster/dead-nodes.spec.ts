import { expect } from 'chai';

import { DEATHS } from '../../../../src/simulator/index.js';
import { allOverloaded, deadNodes } from '../../../bench/worlds/dead-nodes.js';

/** By when every device has a link; a quarter of an hour where nothing is named. */
const WITHIN_SECONDS: Readonly<Record<string, number>> = {
	refuse: 60,
	silent: 180,
	hung: 180,
};
const CASES = [
	{ dead: 3, of: 4, cold: true },
	{ dead: 5, of: 10, cold: false },
	{ dead: 7, of: 10, cold: true },
];

describe('a fleet some of whose nodes are dead', () => {
	for (const as of DEATHS.keys()) {
		it(`finds those that live, where the others are dead by "${as}"`, () => {
			for (const one of CASES) {
				const result = deadNodes({ ...one, as }, 1, 100);
				const what = `${one.dead} of ${one.of}`;
				expect(result.stuck, `${what}: share that never found one`).to.equal(0);
				expect(result['all up s'], what).to.be.at.most(
					WITHIN_SECONDS[as] ?? 900,
				);
			}
		});
	}

	it('makes no more attempts on four crowded nodes than on one of the same rate', () => {
		for (const bound of [100, 300]) {
			const [four, one] = [4, 1].map((n) => allOverloaded(n, bound, 1, 2000));
			expect(four, `T = ${bound} s`).to.be.at.most(1.1 * one!);
		}
	});
});
