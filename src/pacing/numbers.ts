export interface PacingNumbers {
	/** A first attempt after a link was lost or drained, without a told window: uniform over this. */
	readonly firstWindowMs: number;
	/** The spread of the first attempt at `start()`, and after the wall clock jumped or the machine slept. */
	readonly startSpreadMs: number;
	/** The spread after the local network came back. */
	readonly networkUpSpreadMs: number;
	/** After a silent loss, no attempt before this: the node may still hold the old session. */
	readonly oldSessionMs: number;
	/**
	 * Half-turn edges of the law of congestion, in milliseconds from when the congestion began: the first is where
	 * the first turn begins, the third where it ends and the second begins, and so on; those between are its middle.
	 * Each device tries once in each turn, always at the same share of the way. The last turn is repeated for ever.
	 */
	readonly congestionEdgesMs: readonly number[];
	/** How long an attempt may stay silent once its connection was taken; four times as long after each that did. */
	readonly patienceMs: number;
	/** The longest such patience. */
	readonly longestPatienceMs: number;
	/** The longest wait while no node can even be asked: no name, no route, no proxy. */
	readonly localPeriodMs: number;
	/** The wait after the first unreachable attempt; each further one waits four times as long. */
	readonly backoffFirstMs: number;
	/** The longest wait after an unreachable attempt: a period, with each device at its own phase. */
	readonly backoffPeriodMs: number;
	/** The wait after the first `rejected` or `misconfigured`; doubled each time. */
	readonly slowFirstMs: number;
	/** The longest such wait. */
	readonly slowLongestMs: number;
	/** A link that stayed up for this long counts as success. Each such period halves what is remembered of the trouble. */
	readonly stableAfterMs: number;
	/** A node's retry-after or window longer than this counts as this. */
	readonly hintCeilingMs: number;
	/** While the local network is said to be down, an attempt is made after this long all the same. */
	readonly offlineLongestMs: number;
	/** The budget of attempts; saved up for an hour at most. */
	readonly attemptsPerHour: number;
	/** The budget of bytes, links and attempts together; no limit where it is absent. */
	readonly bytesPerHour?: number;
}
