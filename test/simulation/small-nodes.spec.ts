import { expect } from 'chai';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
} from '../../src/simulator/index.js';

const BOUND_SECONDS = 200;
const FLEETS = 25;

/** When the last device of a small fleet is back, over many of them, since one of them is chance. */
function lastBack(acceptRate: number): number {
	let sum = 0;
	for (let seed = 1; seed <= FLEETS; seed++) {
		const { result } = simulateHerd({
			...HERD_DEFAULTS,
			policy: policyNamed('agent'),
			stockPolicy: policyNamed('balena-tcp-reset'),
			devices: acceptRate * BOUND_SECONDS,
			acceptRate,
			seed,
		});
		sum += result.t100 ?? Infinity;
	}
	return sum / FLEETS;
}

describe('small nodes', function () {
	this.timeout(60_000);

	// With phases that are fixed: 11, 5 and 2.6.
	for (const [acceptRate, most] of [
		[1, 6],
		[2, 3.4],
		[5, 2.5],
	] as const) {
		it(`of ${acceptRate} a second without a hint have the last device back within ${most} T`, () => {
			expect(lastBack(acceptRate)).to.be.at.most(most);
		});
	}
});
