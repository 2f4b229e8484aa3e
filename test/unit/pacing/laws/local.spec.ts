import { expect } from 'chai';

import { localMs } from '../../../../src/pacing/laws/local.js';
import { Device } from '../driver.js';

describe('law for attempts that no node notices', () => {
	it('is quick at first and reaches its period, jittered over the upper half', () => {
		const numbers = { localPeriodMs: 15_000 };
		const longest = [1, 2, 3, 4, 1000].map(
			(failures) => localMs(numbers, failures, 1).delayMs,
		);
		expect(longest).to.deep.equal([2000, 4000, 8000, 15_000, 15_000]);
		expect(localMs(numbers, 50, 0).delayMs).to.equal(7500);
	});

	it('is no part of a congestion, and leaves the level of back-off alone', () => {
		const device = new Device();
		device.waitsOut(device.start());
		for (let i = 0; i < 30; i++) {
			const wait = device.fails('dns-failed');
			expect(wait.law).to.equal('local');
			expect(wait.delayMs).to.be.within(500, 15_000);
			device.waitsOut(wait);
		}
		expect(device.fails('connect-refused').delayMs).to.be.at.most(3000);
	});
});
