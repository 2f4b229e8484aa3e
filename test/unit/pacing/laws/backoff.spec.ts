import { expect } from 'chai';

import { resolvePacing } from '../../../../src/pacing/index.js';
import { backoffMs } from '../../../../src/pacing/laws/backoff.js';

const options = resolvePacing({
	backoffFirstMs: 1000,
	backoffPeriodMs: 60_000,
});

function delay(failures: number, chance: number, place = 0.5, since = 0) {
	return backoffMs(options, failures, place, since, chance).delayMs;
}

describe('law of back-off', () => {
	it('grows from failure to failure, jittered over the upper half', () => {
		expect(delay(1, 0)).to.equal(500);
		expect(delay(1, 1)).to.equal(1000);
		expect(delay(2, 0)).to.equal(2000);
		expect(delay(3, 1)).to.equal(16_000);
	});

	it('at the cap takes the first of its own places that is far enough away', () => {
		// Places lie at 30 s, 90 s, 150 s ...; an attempt at 20 s must leave 42 s.
		expect(delay(9, 0, 0.5, 20_000)).to.equal(70_000);
		expect(delay(9, 0, 0.5, 90_000)).to.equal(60_000);
	});

	it('at the cap keeps a fleet spread over the whole period, whatever brought it into step', () => {
		const moments = Array.from(
			{ length: 100 },
			(_, i) => (20_000 + delay(9, 0, i / 100, 20_000)) % 60_000,
		).sort((a, b) => a - b);
		moments.forEach((at, i) => {
			expect(at).to.be.closeTo(i * 600, 1);
		});
	});

	it('never waits longer than the period and the way to its place', () => {
		for (let failures = 1; failures < 40; failures++) {
			for (let place = 0; place < 1; place += 0.1) {
				expect(delay(failures, 0.99, place, 12_345)).to.be.within(1, 102_001);
			}
		}
	});

	it('lets a transport be changed soon: two failures cost a device at most 15 s of waiting by default', () => {
		const standard = resolvePacing();
		const both = [1, 2].map((n) => backoffMs(standard, n, 0.5, 0, 1).delayMs);
		expect(both[0]! + both[1]!).to.be.at.most(15_000);
	});
});
