import type { Hint } from '../../../src/hint.js';
import { outcome, type OutcomeCode } from '../../../src/outcome.js';
import {
	createPacing,
	pace,
	remember,
	resolvePacing,
	type PacingEvent,
	type PacingInput,
	type SavedPacing,
	type PacingState,
	type Wait,
} from '../../../src/pacing/index.js';
import type { Random } from '../../../src/runtime/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

/** One device's pacing on a clock that is moved by hand. */
export class Device {
	nowMs = 1_000_000;
	state: PacingState;

	constructor(
		input: PacingInput = {},
		readonly random: Random = seededRandom('device'),
		memory?: SavedPacing,
	) {
		this.state = createPacing(resolvePacing(input), memory);
	}

	tell(event: PacingEvent): Wait | undefined {
		const { nowMs, random } = this;
		const { state, wait } = pace(this.state, event, { nowMs, random });
		this.state = state;
		return wait;
	}

	start(): Wait {
		return this.tell({ type: 'start' })!;
	}

	/** An attempt that ends at once. */
	fails(code: OutcomeCode, hint?: Hint): Wait {
		this.tell({ type: 'attempt' });
		return this.ends(code, hint);
	}

	ends(code: OutcomeCode, hint?: Hint): Wait {
		const ended = outcome(code, 'a test', { hint });
		return this.tell({ type: 'ended', outcome: ended })!;
	}

	/** An attempt that makes a link, which stays up for so long. */
	linksFor(upMs: number): void {
		this.tell({ type: 'attempt' });
		this.tell({ type: 'up' });
		this.nowMs += upMs;
	}

	/** Waits out what was decided. */
	waitsOut(wait: Wait): this {
		this.nowMs += wait.delayMs;
		return this;
	}

	/** The same device after its process, or the whole machine, was restarted: the clock starts anew. */
	restarted(clockMs = 500): Device {
		const memory = JSON.parse(
			JSON.stringify(remember(this.state, this.nowMs)),
		) as SavedPacing;
		const { preset: _preset, ...numbers } = this.state.options;
		const next = new Device({ ...numbers }, this.random, memory);
		next.nowMs = clockMs;
		return next;
	}
}

export const always =
	(value: number): Random =>
	() =>
		value;
