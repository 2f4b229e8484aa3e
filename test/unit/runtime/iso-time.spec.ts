import { expect } from 'chai';

import { isoTime } from '../../../src/runtime/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

describe('isoTime', () => {
	it('says what toISOString says', () => {
		const random = seededRandom(12);
		const times = [
			0, -1, 951_782_400_000, -62_167_219_200_000, 8.64e15, -8.64e15,
		];
		for (let i = 0; i < 1000; i++) {
			times.push(Math.floor((random() - 0.2) * 5e14));
		}
		for (const time of times) {
			expect(isoTime(time)).to.equal(new Date(time).toISOString());
		}
	});

	it('throws for a time that is none, as toISOString does', () => {
		expect(() => isoTime(NaN)).to.throw(RangeError);
	});
});
