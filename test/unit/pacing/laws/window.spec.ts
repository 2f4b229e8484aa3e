import { expect } from 'chai';

import { windowTurn } from '../../../../src/pacing/laws/window.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

const random = seededRandom('window');

function drawn(earliestMs: number, toldAtDoor = false): number[] {
	return Array.from(
		{ length: 500 },
		() => windowTurn(1000, toldAtDoor, earliestMs, random)!.atMs,
	);
}

describe('law of the window, after a refusal', () => {
	it('leaves the crowded first part of the window alone', () => {
		const moments = drawn(100);
		expect(Math.min(...moments)).to.be.within(500, 530);
		expect(Math.max(...moments)).to.be.within(1072, 1092);
	});

	it('stays after the earliest moment', () => {
		expect(Math.min(...drawn(900))).to.be.at.least(900);
	});

	it('goes on to the next end where one is close', () => {
		const moments = drawn(1085);
		expect(Math.min(...moments)).to.be.at.least(1085);
		expect(Math.max(...moments)).to.be.within(1110, 1117);
	});

	it('goes on by longer steps after a window that was too short', () => {
		expect(Math.max(...drawn(1110))).to.be.within(1330, 1350);
		expect(Math.max(...drawn(1300))).to.be.within(1670, 1700);
		expect(Math.max(...drawn(2500))).to.be.within(3500, 3600);
	});

	it('uses all of a window that was told at the door of a herd that runs', () => {
		expect(Math.min(...drawn(100, true))).to.be.within(100, 120);
	});

	it('is over after the last end, and without a window', () => {
		expect(windowTurn(1000, false, 3600, random)).to.equal(undefined);
		expect(windowTurn(0, false, 10, random)).to.equal(undefined);
	});
});
