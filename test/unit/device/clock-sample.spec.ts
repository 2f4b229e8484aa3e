import { expect } from 'chai';

import { compareClocks } from '../../../src/device/clock-sample.js';

const before = { monotonicMs: 1000, bootMs: 500_000, wallMs: 1e12 };
const after = (monotonic: number, boot: number, wall: number) =>
	compareClocks(before, {
		monotonicMs: before.monotonicMs + monotonic,
		bootMs: before.bootMs + boot,
		wallMs: before.wallMs + wall,
	});

describe('clock samples', () => {
	it('tell nothing while the clocks agree, a slow timer and a slewed clock included', () => {
		const nothing = { sleptMs: 0, steppedMs: 0 };
		expect(after(30_000, 30_000, 30_000)).to.deep.equal(nothing);
		expect(after(90_000, 90_010, 90_000)).to.deep.equal(nothing);
		expect(after(30_000, 30_000, 34_000)).to.deep.equal(nothing);
		expect(after(30_000, 30_000, 26_000)).to.deep.equal(nothing);
	});

	it('tell a sleep by the time since boot', () => {
		expect(after(30_000, 3_630_000, 3_630_000)).to.deep.equal({
			sleptMs: 3_600_000,
			steppedMs: 0,
		});
	});

	it('tell a step of the wall clock, in both directions', () => {
		expect(after(30_000, 30_000, 86_430_000).steppedMs).to.equal(86_400_000);
		expect(after(30_000, 30_000, -30_000).steppedMs).to.equal(-60_000);
	});

	it('tell both apart when they come together', () => {
		expect(after(10_000, 70_000, 1_070_000)).to.deep.equal({
			sleptMs: 60_000,
			steppedMs: 1_000_000,
		});
	});
});
