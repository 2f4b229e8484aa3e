import type { Door } from '../engine/door.js';
import type { Pacer } from '../engine/policy.js';
import type { HerdSetup } from './setup.js';

/** Devices from `first` up to `end` that run the same policy and are told the same. */
export interface Group {
	readonly name: string;
	readonly first: number;
	readonly end: number;
}

/** Who runs what in a fleet, and who is told what. */
export interface Mix {
	readonly groups: readonly Group[];
	pacerOf(device: number): Pacer;
	/** Whether hints reach a device. */
	hears(device: number): boolean;
	/** The same node, as seen by devices of which some hear nothing. */
	withHintLoss(door: Door): Door;
	/** The process of every device restarts; only what it wrote down (or `image` did) survives. */
	restart(nowMs: number, image?: number): void;
}

/** Stock devices come first, then those of the policy that lost their hints, then the rest. */
export function mixFleet(setup: HerdSetup): Mix {
	const { devices, policy, stockPolicy } = setup;
	const stockEnd = Math.round(devices * setup.stockShare);
	const deafEnd = stockEnd + Math.round((devices - stockEnd) * setup.hintLoss);
	const stock = stockPolicy.pacer(stockEnd);
	const ours = policy.pacer(devices);
	const groups = [
		{ name: stockPolicy.name, first: 0, end: stockEnd },
		{ name: `${policy.name} without hints`, first: stockEnd, end: deafEnd },
		{ name: policy.name, first: deafEnd, end: devices },
	];
	return {
		groups: groups.filter(({ first, end }) => end > first),
		pacerOf: (device) => (device < stockEnd ? stock : ours),
		hears: (device) => device >= deafEnd || device < stockEnd,
		withHintLoss: (door) =>
			deafEnd === stockEnd ? door : deafTo(door, stockEnd, deafEnd),
		restart(nowMs, image) {
			stock.restart?.(nowMs, image);
			ours.restart?.(nowMs, image);
		},
	};
}

/** Takes the hints out of what devices from `first` up to `end` are answered. */
export function deafTo(door: Door, first: number, end: number): Door {
	return {
		attempt(device, nowMs, patience) {
			const answer = door.attempt(device, nowMs, patience);
			if (device < first || device >= end || !answer.refusal?.hint) {
				return answer;
			}
			const { hint: _hint, ...refusal } = answer.refusal;
			return { ...answer, refusal };
		},
	};
}
