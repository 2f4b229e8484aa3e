import type { Patience } from './policy.js';
import {
	BAD_KEY,
	REFUSED,
	RESET,
	silent,
	UNAVAILABLE,
	type Answer,
	type Door,
	type Stage,
} from './door.js';

/** What an attempt meets during an outage. */
export type OutageLook = 'refused' | 'reset' | '503' | 'silent' | '401';

/** What an attempt may meet while the node is away. */
export const OUTAGE_LOOKS: readonly OutageLook[] = [
	'refused',
	'reset',
	'503',
	'silent',
	'401',
];

/**
 * A node that is down until a moment. `silent` takes the connection and never answers it, not even after the
 * outage: whoever waits then waits in vain until its patience ends, which is the worst that can be.
 */
export class Outage implements Door {
	readonly #door: Door;
	readonly #untilMs: number;
	readonly #look: OutageLook;
	readonly #stage: Stage;

	constructor(door: Door, untilMs: number, look: OutageLook, stage: Stage) {
		this.#door = door;
		this.#untilMs = untilMs;
		this.#look = look;
		this.#stage = stage;
	}

	attempt(device: number, nowMs: number, patience: Patience): Answer {
		if (nowMs >= this.#untilMs) {
			return this.#door.attempt(device, nowMs, patience);
		}
		switch (this.#look) {
			case 'refused':
				return REFUSED;
			case 'reset':
				return RESET;
			case '503':
				return UNAVAILABLE;
			case 'silent':
				return silent(this.#stage, patience.answerMs);
			case '401':
				return BAD_KEY;
		}
	}
}
