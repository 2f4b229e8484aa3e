/** How a fleet, or a part of it, came back. Null where it did not. */
export interface Recovery {
	readonly devices: number;
	/** When half, 99 % and all were back, as multiples of the lower bound. */
	readonly t50: number | null;
	readonly t99: number | null;
	readonly t100: number | null;
	/** The same in seconds from the end of the outage. */
	readonly t50Seconds: number | null;
	readonly t99Seconds: number | null;
	readonly t100Seconds: number | null;
	readonly attemptsPerDevice: number;
	readonly p99Attempts: number;
	readonly recovered: boolean;
}

/** A part of a mixed fleet: `agent`, `agent without hints`, `balena-tcp-reset`. */
export interface GroupRecovery extends Recovery {
	readonly group: string;
}

/** What one policy made of a herd. */
export interface HerdResult extends Recovery {
	readonly policy: string;
	/** Devices over the node's rate: no policy is faster. */
	readonly lowerBoundSeconds: number;
	/** The most attempts in any window of max(1 s, 500/R), over R times that window. */
	readonly peakOverRate: number;
	/** The most attempts in any one second, from a minute after the loss on. */
	readonly latePeakPerSecond: number;
	/** The parts of a mixed fleet; absent when all devices are alike. */
	readonly groups?: readonly GroupRecovery[];
}

/** A herd over time, for charts: counts in bins of equal width, from the loss on. */
export interface HerdTimeline {
	readonly attempts: { readonly widthMs: number; readonly counts: number[] };
	readonly returns: { readonly widthMs: number; readonly counts: number[] };
}
