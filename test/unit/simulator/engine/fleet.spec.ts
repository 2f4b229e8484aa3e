import { expect } from 'chai';

import { CloudlinkError } from '../../../../src/errors.js';
import {
	ACCEPTED,
	RESET,
	silent,
	type Door,
} from '../../../../src/simulator/engine/door.js';
import { Fleet } from '../../../../src/simulator/engine/fleet.js';
import type { Pacer } from '../../../../src/simulator/engine/policy.js';

const NO_LIMITS = { untilMs: Infinity, attempts: Infinity, inVain: Infinity };

/** Waits so many milliseconds after each end, and notes what each device was told. */
function pacerOf(waitMs: number | undefined) {
	const told: Array<[device: number, type: string, nowMs: number]> = [];
	const pacer: Pacer = {
		tell(device, event, nowMs) {
			told.push([device, event.type, nowMs]);
			return event.type === 'ended' ? waitMs : undefined;
		},
	};
	return { told, pacer };
}

function fleetOf(devices: number, pacer: Pacer): Fleet {
	const fleet = new Fleet({ devices, seed: 1, pacerOf: () => pacer });
	for (let device = 0; device < devices; device++) {
		fleet.settle(device, 0);
	}
	return fleet;
}

/** Accepts the n-th attempt of each device. */
function acceptsAt(nth: number): Door & { attempts: number } {
	const made = new Map<number, number>();
	return {
		attempts: 0,
		attempt(device) {
			this.attempts += 1;
			const count = (made.get(device) ?? 0) + 1;
			made.set(device, count);
			return count === nth ? ACCEPTED : RESET;
		},
	};
}

describe('Fleet', () => {
	it('tells pacing each attempt, its end and the link, at the moment of each', () => {
		const { told, pacer } = pacerOf(1000);
		const fleet = fleetOf(1, pacer);
		told.length = 0;
		fleet.cut(0, 5000);
		fleet.advance(acceptsAt(2), NO_LIMITS);
		expect(told).to.deep.equal([
			[0, 'ended', 5000],
			[0, 'attempt', 6000],
			[0, 'ended', 6000],
			[0, 'attempt', 7000],
			[0, 'up', 7000],
		]);
		expect(fleet.upAtMs[0]).to.equal(7000);
		expect(fleet.attempts[0]).to.equal(2);
	});

	it('makes as many attempts as the node sees, and loses no device', () => {
		const fleet = fleetOf(50, pacerOf(1000).pacer);
		for (let device = 0; device < 50; device++) {
			fleet.cut(device, device);
		}
		expect(fleet.down).to.equal(50);
		const door = acceptsAt(3);
		expect(fleet.advance(door, NO_LIMITS)).to.equal(150);
		expect(door.attempts).to.equal(150);
		expect(fleet.attempts.reduce((sum, each) => sum + each)).to.equal(150);
		expect(fleet.down).to.equal(0);
	});

	it('stops at each of its limits, and goes on from there', () => {
		const fleet = fleetOf(10, pacerOf(1000).pacer);
		for (let device = 0; device < 10; device++) {
			fleet.cut(device, 0);
		}
		const never: Door = { attempt: () => RESET };
		expect(fleet.advance(never, { ...NO_LIMITS, untilMs: 3500 })).to.equal(30);
		expect(fleet.advance(never, { ...NO_LIMITS, attempts: 7 })).to.equal(7);
		expect(fleet.advance(never, { ...NO_LIMITS, inVain: 20 })).to.equal(21);
		expect(fleet.down).to.equal(10);
		fleet.advance({ attempt: () => ACCEPTED }, NO_LIMITS);
		expect(fleet.down).to.equal(0);
	});

	it('counts a slow answer from when it came', () => {
		const { told, pacer } = pacerOf(1000);
		const fleet = fleetOf(1, pacer);
		told.length = 0;
		fleet.cut(0, 0);
		let first = true;
		const slow: Door = {
			attempt() {
				const refusal = first ? RESET.refusal : undefined;
				first = false;
				return { afterMs: 400, ...(refusal ? { refusal } : {}) };
			},
		};
		fleet.advance(slow, NO_LIMITS);
		expect(told.map(([, type, nowMs]) => [type, nowMs])).to.deep.equal([
			['ended', 0],
			['attempt', 1000],
			['ended', 1400],
			['attempt', 2400],
			['up', 2800],
		]);
		expect(fleet.upAtMs[0]).to.equal(2800);
	});

	it('keeps one silent attempt beside later ones, and takes the link that it makes', () => {
		const { told, pacer } = pacerOf(1000);
		const keeps: Pacer = {
			...pacer,
			patience: () => ({ connectMs: 10, answerMs: 500, keptMs: 60_000 }),
		};
		const fleet = fleetOf(1, keeps);
		told.length = 0;
		fleet.cut(0, 0);
		const kept: number[] = [];
		const queue: Door = {
			attempt(_device, nowMs, { answerMs, keptMs }) {
				kept.push(keptMs);
				return {
					...silent('tls', answerMs),
					lateMs: nowMs === 1000 ? 2700 : Infinity,
				};
			},
		};
		fleet.advance(queue, NO_LIMITS);
		expect(kept).to.deep.equal([60_000, 0]);
		expect(fleet.upAtMs[0]).to.equal(3700);
		expect(fleet.attempts[0]).to.equal(2);
		expect(told.map(([, type, nowMs]) => [type, nowMs])).to.deep.equal([
			['ended', 0],
			['attempt', 1000],
			['ended', 1500],
			['attempt', 2500],
			['ended', 3000],
			['up', 3700],
		]);
		expect(fleet.down).to.equal(0);
	});

	it('brings back whoever is left when it is told to', () => {
		const fleet = fleetOf(3, pacerOf(1000).pacer);
		fleet.cut(1, 0);
		fleet.rescue(9000);
		expect([...fleet.upAtMs]).to.deep.equal([0, 9000, 0]);
		expect(fleet.down).to.equal(0);
	});

	for (const waitMs of [undefined, NaN, -1, Infinity]) {
		it(`refuses a wait of ${waitMs}: pacing is broken`, () => {
			const fleet = fleetOf(1, pacerOf(waitMs).pacer);
			expect(() => {
				fleet.cut(0, 0);
			}).to.throw(CloudlinkError, 'pacing answered ended with a wait');
		});
	}
});
