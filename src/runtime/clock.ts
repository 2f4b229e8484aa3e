/** A timer that has been set. Cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
	/** It does not fire any more; nothing where it has. */
	cancel(): void;
}

/**
 * The port for time. Durations are measured on the monotonic clock; the wall clock serves only for
 * showing and for what is written to disk, since a device's wall clock may be wrong or jump.
 */
export interface Clock {
	/** Milliseconds since an arbitrary start, never going back. */
	monotonicMs(): number;
	/** Milliseconds since 1970-01-01T00:00:00Z, as far as this machine knows. */
	wallMs(): number;
	/** Calls back once, not before `delayMs` have passed. Never calls back synchronously. */
	setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node's timers overflow (and fire at once) above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Node's `performance` would load half a megabyte. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

function setSystemTimer(delayMs: number, callback: () => void): Timer {
	const dueMs = monotonicMs() + delayMs;
	let handle: NodeJS.Timeout;
	const arm = () => {
		const leftMs = dueMs - monotonicMs();
		handle =
			leftMs > LONGEST_TIMER_MS
				? setTimeout(arm, LONGEST_TIMER_MS)
				: setTimeout(callback, Math.max(0, leftMs));
	};
	arm();
	return {
		cancel: () => {
			clearTimeout(handle);
		},
	};
}

/** The machine's own time. */
export const systemClock: Clock = {
	monotonicMs,
	wallMs: () => Date.now(),
	setTimer: setSystemTimer,
};
