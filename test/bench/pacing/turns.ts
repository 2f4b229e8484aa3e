import {
	edgeMs,
	type CongestionNumbers,
} from '../../../src/pacing/laws/congestion.js';
import { nextPhase } from '../../../src/pacing/laws/phase.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

/** A sequence of turns to be tried. */
export interface Turns extends CongestionNumbers {
	readonly secondTryFromMs: number;
	readonly secondTryShare: number;
	/** By how much a phase moves; 0 for phases that are fixed. */
	readonly step: number;
}

/** What one herd came to: the last device, in multiples of N/R, and the attempts of a device. */
export interface HerdCost {
	readonly t100: number;
	readonly attempts: number;
}

const DEVICES = 20_000;
const REJECT_DEBT_S = 10;
const FIRST_WINDOW_S = 3;

/** The chance of one fleet: each device's first phase, when it makes its first attempt, and its steps in phase. */
export interface FleetChance {
	readonly seed: string;
	readonly phases: Float64Array;
	readonly first: ReadonlyArray<{
		readonly atS: number;
		readonly device: number;
	}>;
}

export function fleetChance(seed: string, devices = DEVICES): FleetChance {
	const random = seededRandom(seed);
	const phases = Float64Array.from({ length: devices }, random);
	const first = Array.from({ length: devices }, (_, device) => ({
		atS: FIRST_WINDOW_S * random(),
		device,
	})).sort((a, b) => a.atS - b.atS);
	return { seed, phases, first };
}

/**
 * One herd without hints by the law of congestion alone. All that a device learns is that it is still refused,
 * so its moments are fixed by its phases: a turn is sorted once and gone through, which takes some milliseconds for 20,000
 * devices and makes a search possible. The node is the yardstick's token bucket.
 */
export function herdCost(
	numbers: Turns,
	boundS: number,
	rejectCost: number,
	chance: FleetChance,
	rejectDebtS = REJECT_DEBT_S,
): HerdCost {
	const { first } = chance;
	const devices = first.length;
	const phases = chance.phases.slice();
	const random = seededRandom(`${chance.seed} steps`);
	const rate = devices / boundS;
	const full = Math.max(1, rate);
	const floor = -rejectDebtS * rate;
	const { congestionEdgesMs: edges, secondTryShare: share } = numbers;
	const fromS = numbers.secondTryFromMs / 1000;
	const waiting = new Uint8Array(devices).fill(1);
	const again: Array<{ device: number; position: number }> = [];
	let head = 0;
	let tokens = full;
	let lastS = 0;
	let attempts = 0;
	let left = devices;
	const admits = (device: number, atS: number): boolean => {
		attempts++;
		tokens = Math.min(full, tokens + (atS - lastS) * rate);
		lastS = atS;
		if (tokens < 1) {
			tokens = Math.max(floor, tokens - rejectCost);
			return false;
		}
		tokens -= 1;
		waiting[device] = 0;
		left--;
		return true;
	};
	/** Whoever still waits, each a step further in phase. */
	const byPhase = () =>
		Array.from(waiting.keys())
			.filter((device) => waiting[device] === 1)
			.map((device) => {
				phases[device] = nextPhase(phases[device]!, random, numbers.step);
				return device;
			})
			.sort((a, b) => phases[a]! - phases[b]!);
	for (const { atS, device } of first) {
		admits(device, atS);
	}
	for (let turn = 0; left > 0 && turn < 60; turn++) {
		const knots = [0, 1, 2, 3, 4].map(
			(k) => edgeMs(edges, 2 * turn + k) / 1000,
		);
		const momentS = (position: number) => {
			const half = Math.floor(2 * position);
			const from = knots[half]!;
			return from + (2 * position - half) * (knots[half + 1]! - from);
		};
		const secondTries = (until: number) => {
			while (head < again.length && again[head]!.position - turn <= until) {
				const { device, position } = again[head++]!;
				admits(device, momentS(position - turn));
			}
		};
		for (const device of byPhase()) {
			const phase = phases[device]!;
			secondTries(phase);
			const atS = momentS(phase);
			if (waiting[device] === 1 && !admits(device, atS) && atS >= fromS) {
				again.push({ device, position: turn + phase + share });
			}
		}
		secondTries(1);
	}
	return {
		t100: left > 0 ? Infinity : lastS / boundS,
		attempts: attempts / devices,
	};
}
