import type { NodeCapacity } from '../engine/token-bucket.js';
import type { Policy } from '../policies/policy.js';

/**
 * What the node says about when to come back. `window`: how long its population takes, told to live
 * links before the loss. `slots` and `constant`: a Retry-After with each rejection (see `Refusal`).
 */
export type HintMode = 'none' | 'window' | 'slots' | 'constant';

export const HINT_MODES: readonly HintMode[] = [
	'none',
	'window',
	'slots',
	'constant',
];

/** One experiment: a fleet, a node, and how the fleet loses it. */
export interface HerdSetup extends NodeCapacity {
	readonly policy: Policy;
	/** Devices, all cut at once. */
	readonly devices: number;
	readonly hints: HintMode;
	/** Share of the devices that are told nothing, ever. */
	readonly hintLoss: number;
	/** Share of the devices that run {@link stockPolicy} instead. */
	readonly stockShare: number;
	readonly stockPolicy: Policy;
	/** The node is down this long after the loss; times are counted from the end of it. */
	readonly outageSeconds: number;
	/** Herds that the same devices live through, a day apart; the last one is measured. */
	readonly herds: number;
	/** The last herd takes this many times as long (its node is as many times slower): has memory misled? */
	readonly lastHerdScale: number;
	/** The process restarts in each stable day between herds: memory goes through what is written to disk. */
	readonly restarts: boolean;
	readonly seed: number;
}

/** The yardstick's node and one plain herd. */
export const HERD_DEFAULTS = {
	devices: 20_000,
	acceptRate: 100,
	rejectCost: 0.1,
	rejectDebtSeconds: 10,
	hints: 'none',
	hintLoss: 0,
	stockShare: 0,
	outageSeconds: 0,
	herds: 1,
	lastHerdScale: 1,
	restarts: false,
	seed: 1,
} as const;
