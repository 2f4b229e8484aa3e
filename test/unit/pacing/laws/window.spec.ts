import { expect } from 'chai';

import { windowTurn } from '../../../../src/pacing/laws/window.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const random = seededRandom('window');

function drawn(earliestMs: number, refusals = 1, toldAtDoor = false): number[] {
	return Array.from(
		{ length: 500 },
		() =>
			windowTurn(
				{ windowMs: 1000, toldAtDoor, refusals, phase: random() },
				earliestMs,
				random,
			)!.atMs,
	);
}

describe('law of the window, after a refusal', () => {
	it('leaves the crowded first part of the window alone', () => {
		const moments = drawn(100);
		expect(Math.min(...moments)).to.be.within(600, 630);
		expect(Math.max(...moments)).to.be.within(1080, 1100);
	});

	it('stays after the earliest moment', () => {
		expect(Math.min(...drawn(850))).to.be.at.least(850);
	});

	it('keeps the end of the window for the third refusal and for late ones', () => {
		for (const moments of [drawn(700, 3), drawn(950)]) {
			expect(Math.min(...moments)).to.be.at.least(800);
			expect(Math.max(...moments)).to.be.within(1100, 1120);
		}
	});

	it('gathers nobody at the end: a sixth refusal, or one that is late, waits for the stretch behind it', () => {
		for (const moments of [drawn(700, 6), drawn(1080)]) {
			expect(Math.min(...moments)).to.be.within(1120, 1125);
			expect(Math.max(...moments)).to.be.within(1240, 1250);
		}
	});

	it('then goes on once a stretch, and later twice', () => {
		const moments: number[] = [];
		for (let atMs = 1120; ;) {
			const turn = windowTurn(
				{ windowMs: 1000, toldAtDoor: false, refusals: 9, phase: 0.5 },
				atMs,
				() => 0.5,
			);
			if (turn === undefined) {
				break;
			}
			atMs = turn.atMs;
			moments.push(Math.round(atMs));
		}
		expect(moments.slice(0, 6)).to.deep.equal([
			1185, 1375, 1675, 1780, 2050, 2170,
		]);
		expect(moments.at(-1)).to.be.within(5000, 5800);
	});

	it('uses all of a window that was told at the door of a herd that runs', () => {
		expect(Math.min(...drawn(100, 1, true))).to.be.within(100, 120);
	});
});
