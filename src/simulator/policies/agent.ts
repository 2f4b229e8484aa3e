import {
	createPacing,
	pace,
	remember,
	resolvePacing,
	type PacingState,
} from '../../pacing/index.js';
import type { PacingEvent } from '../../pacing/types.js';
import type { Random } from '../../runtime/index.js';
import {
	DEFAULT_PATIENCE,
	type Pacer,
	type Patience,
	type Policy,
} from './policy.js';

const ATTEMPT: PacingEvent = { type: 'attempt', keepable: !process.env.NOKEEP };

/** The pacing that a device runs, itself: each simulated device has a state of its own. */
class AgentPacer implements Pacer {
	readonly #options = resolvePacing({});
	readonly #states: PacingState[];
	readonly #answerMs: Float64Array;
	/** One object for all, since a herd makes millions of attempts. */
	readonly #patience = { ...DEFAULT_PATIENCE };

	constructor(devices: number) {
		const options = this.#options;
		this.#answerMs = new Float64Array(devices);
		this.#states = Array.from({ length: devices }, () => createPacing(options));
	}

	tell(
		device: number,
		event: PacingEvent,
		nowMs: number,
		random: Random,
	): number | undefined {
		const told = event.type === 'attempt' ? ATTEMPT : event;
		const { state, wait, patience } = pace(this.#states[device]!, told, {
			nowMs,
			random,
		});
		this.#states[device] = state;
		if (patience !== undefined) {
			this.#answerMs[device] = patience.aloneMs;
			this.#patience.keptMs = patience.keptMs;
		}
		return wait?.delayMs;
	}

	patience(device: number): Patience {
		this.#patience.answerMs = this.#answerMs[device]!;
		return this.#patience;
	}

	restart(nowMs: number, image?: number): void {
		const files = this.#states.map((state) => remember(state, nowMs));
		files.forEach((own, device) => {
			const file = image === undefined ? own : files[image];
			this.#states[device] = createPacing(this.#options, file);
		});
	}
}

export const agentPolicy: Policy = {
	name: 'agent',
	summary:
		'cloudlink-agent: the pacing of this package, as it runs on a device',
	source: 'this package, src/pacing',
	pacer: (devices) => new AgentPacer(devices),
};
