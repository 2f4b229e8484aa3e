import type { Door } from '../engine/door.js';
import { LimitedNode } from '../engine/limited-node.js';
import { Outage } from '../engine/outage.js';
import { QueueNode } from '../engine/queue-node.js';
import type { HerdSetup } from './setup.js';

/** The node of a herd, whose rate may change and which may restart. */
export class HerdNode implements Door {
	readonly #setup: HerdSetup;
	readonly #population: number;
	#rate: number;
	#limited: LimitedNode | undefined;
	#door: Door;

	/** @param upAtMs until then it is down */
	constructor(
		setup: HerdSetup,
		acceptRate: number,
		population: number,
		upAtMs: number,
	) {
		this.#setup = setup;
		this.#rate = acceptRate;
		this.#population = population;
		this.#door = new Outage(
			this.#fresh(upAtMs),
			upAtMs,
			setup.outageAs,
			setup.stage,
		);
	}

	readonly attempt: Door['attempt'] = (device, nowMs, patience) =>
		this.#door.attempt(device, nowMs, patience);

	/** Accepts so many a second from now on. Only of a node that refuses. */
	setRate(acceptRate: number, nowMs: number): void {
		this.#rate = acceptRate;
		this.#limited?.setRate(acceptRate, nowMs);
	}

	/** What it saved up, owed or promised is forgotten. */
	restart(nowMs: number): void {
		this.#door = this.#fresh(nowMs);
	}

	#fresh(nowMs: number): Door {
		const { hints, windowError } = this.#setup;
		if (this.#setup.door === 'queue') {
			return new QueueNode({ ...this.#setup, acceptRate: this.#rate });
		}
		this.#limited = new LimitedNode({
			...this.#setup,
			acceptRate: this.#rate,
			refusal: hints === 'none' || hints === 'window' ? 'reset' : hints,
			population: this.#population,
			windowSeconds: (windowError * this.#population) / this.#rate,
			upAtMs: nowMs,
		});
		return this.#limited;
	}
}
