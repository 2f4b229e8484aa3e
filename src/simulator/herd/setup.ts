import type { Stage } from '../engine/door.js';
import type { OutageLook } from '../engine/outage.js';
import type { BacklogFull } from '../engine/queue-node.js';
import type { NodeCapacity } from '../engine/token-bucket.js';
import type { Policy } from '../engine/policy.js';

/**
 * What the node says about when to come back. `window`: how long its population takes, told to live
 * links before the loss; `door-window`: the same, told with each rejection. `slots` and `constant`: a Retry-After
 * with each rejection (see `Refusal`).
 */
export type HintMode = 'none' | 'window' | 'slots' | 'constant' | 'door-window';

/** What a node may say about when to come back. */
export const HINT_MODES: readonly HintMode[] = [
	'none',
	'window',
	'slots',
	'constant',
	'door-window',
];

/** How a node is: see `LimitedNode` and `QueueNode`. */
export type DoorKind = 'bucket' | 'queue';

/** The kinds of node. */
export const DOOR_KINDS: readonly DoorKind[] = ['bucket', 'queue'];
/** What a full queue does with whoever comes. */
export const BACKLOG_FULL: readonly BacklogFull[] = ['reset', 'silent'];

/** Something that happens to the node or the fleet while the last herd comes back. */
export interface HerdChange {
	/** From the end of the outage on. */
	readonly atSeconds: number;
	/** The node's rate from then on, as a multiple of the one that it began with. */
	readonly rate?: number;
	/** The node restarts: all links are cut, and what it saved up and owed is forgotten. */
	readonly restart?: true;
	/** So many devices that were up all the time lose their link as well, as a multiple of the fleet. */
	readonly joining?: number;
}

/** One experiment: a fleet, a node, and how the fleet loses it. */
export interface HerdSetup extends NodeCapacity {
	readonly policy: Policy;
	/** Devices, all cut at once. */
	readonly devices: number;
	readonly hints: HintMode;
	/** What a `constant` retry-after is. */
	readonly retryAfterSeconds: number;
	/** The told window is this many times N/R. */
	readonly windowError: number;
	readonly door: DoorKind;
	/** How much work a queue holds; Infinity for any. */
	readonly backlogSeconds: number;
	/** What comes beyond it. */
	readonly backlogFull: BacklogFull;
	/** Where a device that is kept waiting, in a queue or a silent outage, sees the silence. */
	readonly stage: Stage;
	/** What an entry of a queue costs whose device has left, as a share of a served one. */
	readonly abandonedCost: number;
	/** What an attempt meets during the outage. */
	readonly outageAs: OutageLook;
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
	/** Before the last herd every device starts with the files of one that lived through it all. */
	readonly goldenImage: boolean;
	/** In the order of time. */
	readonly changes: readonly HerdChange[];
	readonly seed: number;
}

/** The yardstick's node and one plain herd. */
export const HERD_DEFAULTS = {
	devices: 20_000,
	acceptRate: 100,
	rejectCost: 0.1,
	rejectDebtSeconds: 10,
	hints: 'none',
	retryAfterSeconds: 30,
	windowError: 1,
	door: 'bucket',
	backlogSeconds: 60,
	backlogFull: 'reset',
	stage: 'upgrade',
	abandonedCost: 1,
	outageAs: 'refused',
	hintLoss: 0,
	stockShare: 0,
	outageSeconds: 0,
	herds: 1,
	lastHerdScale: 1,
	restarts: false,
	goldenImage: false,
	changes: [],
	seed: 1,
} as const;
