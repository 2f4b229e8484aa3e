import type { PacingEvent } from '../../pacing/types.js';
import type { Random } from '../../runtime/index.js';

/** Decides for every device of a fleet when it dials next. Devices are numbered from 0. */
export interface Pacer {
	/**
	 * Tells one device's pacing what happened. Returns how long it waits before its next attempt, in
	 * milliseconds, where the event calls for a wait.
	 */
	tell(
		device: number,
		event: PacingEvent,
		nowMs: number,
		random: Random,
	): number | undefined;
	/** Every device's process restarts while its link is up. Absent where nothing outlives a process. */
	restart?(nowMs: number): void;
}

/** A way of coming back: ours, or what another client does. */
export interface Policy {
	readonly name: string;
	/** One line for `--help` and the table in `docs/simulation.md`. */
	readonly summary: string;
	/** Where its formula was read: project, version, file. */
	readonly source: string;
	pacer(devices: number): Pacer;
}
