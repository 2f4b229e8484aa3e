import { CloudlinkError } from '../../errors.js';
import { outcome, type Outcome } from '../../outcome.js';
import type { Hint } from '../../hint.js';
import type { PacingEvent } from '../../pacing/types.js';
import { DEFAULT_PATIENCE, type Pacer } from './policy.js';
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
	/** Whoever is back stays, and is told nothing more. @default false */
	readonly isLast?: boolean;
	readonly onProgress?: (atMs: number) => void;
}

/** What a device does next. */
const enum Step {
	Up,
	Dial,
	/** The attempt that is under way knocks again. */
	Knock,
	/** The attempt that is under way fails. */
	Fail,
	/** The attempt that is under way makes a link. */
	Rise,
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
	readonly #queue: EventQueue;
	readonly #randoms: DeviceRandoms;
	readonly #pacerOf: (device: number) => Pacer;
	/** What each does next, and when: an entry of the queue at another time is stale. */
	readonly #step: Uint8Array;
	readonly #stepAtMs: Float64Array;
	readonly #refusals: Array<Outcome | undefined>;
	/** When the attempt began that is under way. */
	readonly #dialledAtMs: Float64Array;
	/** A silent attempt that is kept beside later ones: when it began, when it is answered, when it is let go. */
	readonly #keptSinceMs: Float64Array;
	readonly #keptAnswerMs: Float64Array;
	readonly #keptUntilMs: Float64Array;
	#down = 0;
	#isLast = false;

	constructor({ devices, seed, pacerOf }: FleetOptions) {
		this.devices = devices;
		this.#pacerOf = pacerOf;
		this.upAtMs = new Float64Array(devices).fill(Infinity);
		this.attempts = new Uint32Array(devices);
		this.#queue = new EventQueue(devices);
		this.#randoms = new DeviceRandoms(devices, seed);
		this.#step = new Uint8Array(devices);
		this.#stepAtMs = new Float64Array(devices);
		this.#refusals = new Array<Outcome | undefined>(devices);
		this.#dialledAtMs = new Float64Array(devices);
		this.#keptSinceMs = new Float64Array(devices);
		this.#keptAnswerMs = new Float64Array(devices).fill(Infinity);
		this.#keptUntilMs = new Float64Array(devices).fill(-Infinity);
	}

	/** Devices that are down. */
	get down(): number {
		return this.#down;
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

	/**
	 * Resets the link of a device that is up.
	 *
	 * @param ended what it sees instead, if not a reset
	 */
	cut(device: number, atMs: number, ended?: Outcome): void {
		this.upAtMs[device] = Infinity;
		this.attempts[device] = 0;
		this.#down += 1;
		this.#wait(device, ended ? { type: 'ended', outcome: ended } : LOST, atMs);
	}

	/** Lets time pass until every device is back or a limit is reached. Returns the attempts that were made. */
	advance(door: Door, limits: Limits, observer?: FleetObserver): number {
		const { untilMs, attempts, inVain, onProgress } = limits;
		this.#isLast = limits.isLast ?? false;
		let made = 0;
		let lastAccepted = 0;
		while (
			this.#down > 0 &&
			made < attempts &&
			made - lastAccepted <= inVain &&
			this.#queue.nextMs <= untilMs
		) {
			const atMs = this.#queue.nextMs;
			const device = this.#queue.pop();
			if (this.#step[device] === Step.Up) {
				continue;
			}
			if (atMs === this.#keptAnswerMs[device]) {
				const tookMs = atMs - this.#keptSinceMs[device]!;
				this.#rise(device, { type: 'up', tookMs }, atMs, observer);
				lastAccepted = made;
				continue;
			}
			if (atMs !== this.#stepAtMs[device]) {
				continue;
			}
			switch (this.#step[device] as Step) {
				case Step.Dial:
					made += 1;
					this.attempts[device]! += 1;
					observer?.attempt(device, atMs);
					if (made % PROGRESS_EVERY === 0) {
						onProgress?.(atMs);
					}
					this.#tell(device, ATTEMPT, atMs);
					this.#dialledAtMs[device] = atMs;
					this.#knock(door, device, atMs);
					break;
				case Step.Knock:
					this.#knock(door, device, atMs);
					break;
				case Step.Fail: {
					const ended = this.#refusals[device]!;
					this.#wait(device, { type: 'ended', outcome: ended }, atMs);
					break;
				}
				case Step.Rise:
					this.#rise(device, UP, atMs, observer);
					lastAccepted = made;
					break;
			}
		}
		return made;
	}

	/** Brings back at once all who are still down: what follows an experiment that did not end by itself. */
	rescue(atMs: number): void {
		for (let device = 0; device < this.devices; device++) {
			if (this.#step[device] !== Step.Up) {
				this.#tell(device, ATTEMPT, atMs);
				this.#rise(device, UP, atMs);
			}
		}
	}

	#knock(door: Door, device: number, atMs: number): void {
		const pacer = this.#pacerOf(device);
		const patience = pacer.patience?.(device) ?? DEFAULT_PATIENCE;
		// One place in a queue is kept, the oldest.
		const keeps =
			patience.keptMs > patience.answerMs && this.#keptUntilMs[device]! <= atMs;
		const answer = door.attempt(
			device,
			atMs,
			keeps ? patience : { ...patience, keptMs: 0 },
		);
		const { afterMs, refusal, again, lateMs } = answer;
		if (keeps && lateMs !== undefined) {
			this.#keptSinceMs[device] = this.#dialledAtMs[device]!;
			this.#keptUntilMs[device] = atMs + patience.keptMs;
			if (lateMs < patience.keptMs) {
				this.#keptAnswerMs[device] = atMs + lateMs;
				this.#queue.push(atMs + lateMs, device);
			}
		}
		this.#refusals[device] = refusal;
		const step = again ? Step.Knock : refusal ? Step.Fail : Step.Rise;
		this.#then(device, step, atMs + afterMs);
	}

	#rise(
		device: number,
		up: PacingEvent,
		atMs: number,
		observer?: FleetObserver,
	): void {
		this.#tell(device, up, atMs);
		this.upAtMs[device] = atMs;
		this.#step[device] = Step.Up;
		this.#keptAnswerMs[device] = Infinity;
		this.#keptUntilMs[device] = -Infinity;
		this.#down -= 1;
		if (this.#isLast) {
			this.#pacerOf(device).forget?.(device);
		}
		observer?.up?.(device, atMs);
	}

	#wait(device: number, event: PacingEvent, atMs: number): void {
		const waitMs = this.#tell(device, event, atMs);
		if (waitMs === undefined || !(waitMs >= 0) || waitMs === Infinity) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INTERNAL',
				`pacing answered ${event.type} with a wait of ${waitMs} ms`,
			);
		}
		this.#then(device, Step.Dial, atMs + waitMs);
	}

	#then(device: number, step: Step, atMs: number): void {
		this.#step[device] = step;
		this.#stepAtMs[device] = atMs;
		this.#queue.push(atMs, device);
	}

	#tell(device: number, event: PacingEvent, atMs: number): number | undefined {
		const random = this.#randoms.of(device);
		return this.#pacerOf(device).tell(device, event, atMs, random);
	}
}
