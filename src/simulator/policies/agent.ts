import {
	createPacing,
	pace,
	remember,
	resolvePacing,
	type PacingState,
} from '../../pacing/index.js';
import type { PacingEvent } from '../../pacing/types.js';
import type { Random } from '../../runtime/index.js';
import type { Pacer, Policy } from './policy.js';

/** The pacing that a device runs, itself: each simulated device has a state of its own. */
class AgentPacer implements Pacer {
	private readonly options = resolvePacing({});
	private readonly states: PacingState[];

	constructor(devices: number) {
		const { options } = this;
		this.states = Array.from({ length: devices }, () => createPacing(options));
	}

	tell(
		device: number,
		event: PacingEvent,
		nowMs: number,
		random: Random,
	): number | undefined {
		const { state, wait } = pace(this.states[device]!, event, {
			nowMs,
			random,
		});
		this.states[device] = state;
		return wait?.delayMs;
	}

	restart(nowMs: number): void {
		this.states.forEach((state, device) => {
			this.states[device] = createPacing(this.options, remember(state, nowMs));
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
