import { expect } from 'chai';

import { nextPhase } from '../../../../src/pacing/laws/phase.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const random = seededRandom('phase');

describe('phase of a device', () => {
	it('moves a little with each turn, and stays a share of it', () => {
		for (let i = 0; i < 2000; i++) {
			const phase = random();
			const next = nextPhase(phase, random);
			expect(next).to.be.within(0, 1);
			expect(Math.abs(next - phase)).to.be.below(0.08);
		}
	});

	it('stays even over a fleet, at the ends too', () => {
		const phases = Array.from({ length: 5000 }, random);
		const tenths = new Array<number>(10).fill(0);
		for (const start of phases) {
			let phase = start;
			for (let turn = 0; turn < 8; turn++) {
				phase = nextPhase(phase, random);
			}
			tenths[Math.min(9, Math.floor(10 * phase))]! += 1;
		}
		for (const count of tenths) {
			expect(count).to.be.within(400, 600);
		}
	});

	it('parts devices that were refused in the same second', () => {
		let apart = 0;
		for (let i = 0; i < 1000; i++) {
			const gap = nextPhase(0.5, random) - nextPhase(0.501, random);
			apart += Math.abs(gap) > 0.005 ? 1 : 0;
		}
		expect(apart).to.be.above(700);
	});
});
