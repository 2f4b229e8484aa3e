import { expect } from 'chai';

import {
	charge,
	fullBudget,
	refill,
	untilAffordableMs,
} from '../../../src/pacing/budget.js';
import { resolvePacing } from '../../../src/pacing/index.js';

const HOUR_MS = 3_600_000;
const options = resolvePacing({
	attemptsPerHour: 10,
	bytesPerHour: 819_200,
});

describe('budget', () => {
	it('starts full and affords as many attempts at once as an hour gives', () => {
		let budget = fullBudget(options);
		for (let i = 0; i < 10; i++) {
			expect(untilAffordableMs(budget, options, 0)).to.equal(0);
			budget = charge(budget, options, { attempts: 1, bytes: 8192 }, 0);
		}
		expect(untilAffordableMs(budget, options, 0)).to.equal(HOUR_MS / 10);
		expect(untilAffordableMs(budget, options, HOUR_MS / 10)).to.equal(0);
	});

	it('refills with time, never above one hour, and not from a clock that went back', () => {
		const spent = charge(
			fullBudget(options),
			options,
			{ attempts: 10, bytes: 400_000 },
			1000,
		);
		expect(refill(spent, options, 1000 + HOUR_MS / 2).attempts).to.equal(5);
		expect(refill(spent, options, 1000 + 5 * HOUR_MS)).to.deep.include({
			attempts: 10,
			bytes: 819_200,
		});
		expect(refill(spent, options, 0).attempts).to.equal(0);
	});

	it('waits for bytes where those are what is short', () => {
		const used = { attempts: 0, bytes: 819_200 };
		const spent = charge(fullBudget(options), options, used, 0);
		expect(untilAffordableMs(spent, options, 0)).to.equal(HOUR_MS / 100);
	});

	it('keeps no debt beyond an hour, so that the wait stays bounded', () => {
		const used = { attempts: 0, bytes: 1e12 };
		const spent = charge(fullBudget(options), options, used, 0);
		expect(untilAffordableMs(spent, options, 0)).to.be.at.most(2 * HOUR_MS);
	});

	it('counts no bytes where there is no limit', () => {
		const open = resolvePacing();
		const used = { attempts: 1, bytes: 1e12 };
		const spent = charge(fullBudget(open), open, used, 0);
		expect(untilAffordableMs(spent, open, 0)).to.equal(0);
	});
});
