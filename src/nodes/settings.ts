/** The numbers of the choice of node. `docs/choosing.md` says what each of them costs and buys. */
export interface NodeSettings {
	/** A penalty of 1 (one failure) is halved in this time, and then no longer counts. @default 120_000 */
	readonly penaltyHalfLifeMs: number;
	/** Failures beyond this many make a node no worse. @default 8 */
	readonly maxPenalty: number;
	/** For this long after a good link was lost, its node is tried first. @default 300_000 */
	readonly keepLastGoodMs: number;
	/** A node that has been up for less is weighed down, in proportion. @default 300_000 */
	readonly slowStartMs: number;
	/** A node with a greater share of its places taken is weighed down, in proportion. @default 0.8 */
	readonly heavyLoad: number;
	/** What a node said of its load counts less and less, and nothing after this time. @default 600_000 */
	readonly loadMemoryMs: number;
	/** No node is weighed down below this, so that none is ever out of reach. @default 0.05 */
	readonly leastWeight: number;
	/** A device that sits on another node than its first choice moves back after half to one and a half of this. @default 900_000 */
	readonly failbackAfterMs: number;
	/** A place in a node's queue is given up after this many refusals in a row. @default 3 */
	readonly maxRefusals: number;
	/** Names are resolved again before an attempt, but no sooner than this after the last time. @default 5_000 */
	readonly resolveEveryMs: number;
}

export const NODE_SETTINGS: NodeSettings = {
	penaltyHalfLifeMs: 120_000,
	maxPenalty: 8,
	keepLastGoodMs: 300_000,
	slowStartMs: 300_000,
	heavyLoad: 0.8,
	loadMemoryMs: 600_000,
	leastWeight: 0.05,
	failbackAfterMs: 900_000,
	maxRefusals: 3,
	resolveEveryMs: 5_000,
};
