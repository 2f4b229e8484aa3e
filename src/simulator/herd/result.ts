/** How a fleet, or a part of it, came back. Null where it did not. */
export interface Recovery {
	readonly devices: number;
	/** When half, 95 %, 99 % and all were back, and the mean over the devices, as multiples of the lower bound. */
	readonly t50: number | null;
	readonly t95: number | null;
	readonly t99: number | null;
	readonly t100: number | null;
	readonly mean: number | null;
	/** The same in seconds from the end of the outage. */
	readonly t50Seconds: number | null;
	readonly t95Seconds: number | null;
	readonly t99Seconds: number | null;
	readonly t100Seconds: number | null;
	readonly meanSeconds: number | null;
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
	/** Of each device's downtime over all herds, the 95th percentile over the 5th; only with several herds. */
	readonly downtimeP95OverP5?: number | null;
	/** Of the order of return in a herd with that in the next, on the mean; only with several herds. */
	readonly rankCorrelation?: number | null;
	/** The parts of a mixed fleet; absent when all devices are alike. */
	readonly groups?: readonly GroupRecovery[];
}

/** A herd over time, for charts: counts in bins of equal width, from the loss on. */
export interface HerdTimeline {
	readonly attempts: { readonly widthMs: number; readonly counts: number[] };
	readonly returns: { readonly widthMs: number; readonly counts: number[] };
}
