import { CloudlinkError } from '../../errors.js';
import { outcome } from '../../outcome.js';
import type { Hint } from '../../hint.js';
import type { PacingEvent } from '../../pacing/types.js';
import { DEFAULT_PATIENCE, type Pacer } from '../policies/policy.js';
import { DeviceRandoms } from './device-random.js';
import type { Door } from './door.js';
import { EventQueue } from './event-queue.js';

const LOST: PacingEvent = {
	type: 'ended',
	outcome: outcome('link-reset', 'The link was reset.'),
};
const START: PacingEvent = { type: 'start' };
const ATTEMPT: PacingEvent = { type: 'attempt' };
const UP: PacingEvent = { type: 'up' };

/** How many attempts pass between two calls of `onProgress`. */
const PROGRESS_EVERY = 50_000;

/** Watches a run: called for each attempt, in the order of time, and for each link that came of one. */
export interface FleetObserver {
	attempt(device: number, atMs: number): void;
	up?(device: number, atMs: number): void;
}

export interface FleetOptions {
	readonly devices: number;
	readonly seed: number;
	/** Whose pacing a device runs. */
	readonly pacerOf: (device: number) => Pacer;
}

/** When an {@link Fleet.advance} ends, if not because every device is back. */
export interface Limits {
	readonly untilMs: number;
	readonly attempts: number;
	/** Attempts in a row that all failed: more than this and nothing will change any more. */
	readonly inVain: number;
	readonly onProgress?: (atMs: number) => void;
}

/**
 * The devices of a fleet on one virtual clock: who is down, when each dials next, and who came back when. Knows
 * nothing of policies and nodes beyond {@link Pacer} and {@link Door}.
 */
export class Fleet {
	readonly devices: number;
	/** When each device's link came up last; Infinity while it is down. */
	readonly upAtMs: Float64Array;
	/** Attempts of each device since its link was last cut. */
	readonly attempts: Uint32Array;
	/** Devices whose attempt is under way and knocks again. */
	readonly #dialling: Uint8Array;
	readonly #queue: EventQueue;
	readonly #randoms: DeviceRandoms;
	readonly #pacerOf: (device: number) => Pacer;

	constructor(options: FleetOptions) {
		this.devices = options.devices;
		this.#pacerOf = options.pacerOf;
		this.upAtMs = new Float64Array(options.devices).fill(Infinity);
		this.attempts = new Uint32Array(options.devices);
		this.#dialling = new Uint8Array(options.devices);
		this.#queue = new EventQueue(options.devices);
		this.#randoms = new DeviceRandoms(options.devices, options.seed);
	}

	/** Devices that are down. */
	get down(): number {
		return this.#queue.size;
	}

	/** Brings a device up without a herd, as the fleet is before anything happens. */
	settle(device: number, atMs: number): void {
		this.#tell(device, START, atMs);
		this.#tell(device, ATTEMPT, atMs);
		this.#tell(device, UP, atMs);
		this.upAtMs[device] = atMs;
	}

	/** A live link is told something. */
	hint(device: number, hint: Hint, atMs: number): void {
		this.#tell(device, { type: 'hint', hint }, atMs);
	}

	/** Resets the link of a device that is up. */
	cut(device: number, atMs: number): void {
		this.upAtMs[device] = Infinity;
		this.attempts[device] = 0;
		this.#plan(device, LOST, atMs);
	}

	/** Lets time pass until every device is back or a limit is reached. Returns the attempts that were made. */
	advance(door: Door, limits: Limits, observer?: FleetObserver): number {
		const { untilMs, attempts, inVain, onProgress } = limits;
		let made = 0;
		let lastAccepted = 0;
		while (
			this.#queue.size > 0 &&
			made < attempts &&
			made - lastAccepted <= inVain &&
			this.#queue.nextMs <= untilMs
		) {
			const atMs = this.#queue.nextMs;
			const device = this.#queue.pop();
			if (this.#dialling[device] === 0) {
				made += 1;
				this.attempts[device]! += 1;
				observer?.attempt(device, atMs);
				if (made % PROGRESS_EVERY === 0) {
					onProgress?.(atMs);
				}
				this.#tell(device, ATTEMPT, atMs);
			}
			const patience =
				this.#pacerOf(device).patience?.(device) ?? DEFAULT_PATIENCE;
			const { afterMs, refusal, again } = door.attempt(device, atMs, patience);
			this.#dialling[device] = again ? 1 : 0;
			if (again) {
				this.#queue.push(atMs + afterMs, device);
			} else if (refusal) {
				this.#plan(device, { type: 'ended', outcome: refusal }, atMs + afterMs);
			} else {
				this.#tell(device, UP, atMs + afterMs);
				this.upAtMs[device] = atMs + afterMs;
				observer?.up?.(device, atMs + afterMs);
				lastAccepted = made;
			}
		}
		return made;
	}

	/** Brings back at once all who are still down: what follows an experiment that did not end by itself. */
	rescue(atMs: number): void {
		while (this.#queue.size > 0) {
			const device = this.#queue.pop();
			this.#tell(device, ATTEMPT, atMs);
			this.#tell(device, UP, atMs);
			this.upAtMs[device] = atMs;
		}
	}

	#plan(device: number, event: PacingEvent, atMs: number): void {
		const waitMs = this.#tell(device, event, atMs);
		if (waitMs === undefined || !(waitMs >= 0) || waitMs === Infinity) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INTERNAL',
				`pacing answered ${event.type} with a wait of ${waitMs} ms`,
			);
		}
		this.#queue.push(atMs + waitMs, device);
	}

	#tell(
		device: number,
		event: PacingEvent,
		atMs: number,
	): number | undefined {
		const random = this.#randoms.of(device);
		return this.#pacerOf(device).tell(device, event, atMs, random);
	}
}
