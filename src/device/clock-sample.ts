/** Three clocks, read at one moment. */
export interface ClockSample {
	/** Stands still while the machine sleeps. */
	readonly monotonicMs: number;
	/** Since boot, sleep included. */
	readonly bootMs: number;
	/** What the machine believes the time to be. */
	readonly wallMs: number;
}

/** What the clocks tell of the time between two samples. */
export interface ClockChange {
	/** How long the machine slept; 0 for not at all. */
	readonly sleptMs: number;
	/** How far the wall clock was set forward (or back, if negative); 0 for not at all. */
	readonly steppedMs: number;
}

/** Less than this is a slow timer, or the slewing of a time daemon. */
const CLOCK_TOLERANCE_MS = 5000;

const beyond = (ms: number) => (Math.abs(ms) > CLOCK_TOLERANCE_MS ? ms : 0);

/** Compares two samples: sleep shows in the time since boot alone, a step only on the wall clock. */
export function compareClocks(
	before: ClockSample,
	after: ClockSample,
): ClockChange {
	const monotonic = after.monotonicMs - before.monotonicMs;
	const boot = after.bootMs - before.bootMs;
	const wall = after.wallMs - before.wallMs;
	return {
		sleptMs: Math.max(0, beyond(boot - monotonic)),
		steppedMs: beyond(wall - boot),
	};
}
