import type { PacingEvent } from '../../pacing/types.js';
import type { Random } from '../../runtime/index.js';

/** How long an attempt goes on without an answer. */
export interface Patience {
	/** For the TCP connect. */
	readonly connectMs: number;
	/** From the taken connection on, for all that follows: TLS, upgrade, login. */
	readonly answerMs: number;
	/**
	 * A silent attempt that was given up is kept open beside later ones, until so long after it began, and wins if it is
	 * answered after all: its place in a queue is not thrown away. One at a time. 0 for what closes it.
	 */
	readonly keptMs: number;
}

/** Of a policy that says nothing of its own: openvpn's `hand-window`. */
export const DEFAULT_PATIENCE: Patience = {
	connectMs: 10_000,
	answerMs: 60_000,
	keptMs: 0,
};

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
	/** How long the attempt that the device was just told of may take. @default DEFAULT_PATIENCE */
	patience?(device: number): Patience;
	/** Nothing happens to a device any more: what it knows takes no more room. */
	forget?(device: number): void;
	/**
	 * Every device's process restarts while its link is up. Absent where nothing outlives a process.
	 *
	 * @param image the device whose files all of them find; each its own where it is absent
	 */
	restart?(nowMs: number, image?: number): void;
}

/** A way of coming back: ours, or what another client does. */
export interface Policy {
	readonly name: string;
	/** One line for `--help` and the table in `docs/simulation.md`. */
	readonly summary: string;
	/** Where its formula was read: project, version, file. */
	readonly source: string;
	/** The pacing of one device of the fleet. */
	pacer(devices: number): Pacer;
}
