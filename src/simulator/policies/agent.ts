import { CloudlinkError } from '../../errors.js';
import type { DecisionEvent, Dial, Target } from '../../decisions/index.js';
import type { PacingEvent } from '../../pacing/index.js';
import type { Random } from '../../runtime/index.js';
import { Devices } from '../devices/devices.js';
import {
	DEFAULT_PATIENCE,
	type Pacer,
	type Patience,
	type Policy,
} from '../engine/policy.js';

const TARGET: Target = { transport: 'websocket', node: '192.0.2.1:443' };
const DIAL: Dial = {
	target: TARGET,
	node: undefined,
	connectDeadlineMs: 10_000,
	aloneMs: 0,
	keptMs: 0,
	handover: 'make-before-break',
};

const DUE: DecisionEvent = { type: 'due' };
const UP: DecisionEvent = {
	type: 'up',
	link: { target: TARGET, peer: TARGET.node! },
};

const upAfter = (tookMs: number): DecisionEvent => ({
	type: 'up',
	link: { target: TARGET, peer: TARGET.node!, tookMs },
});

/** The decisions that a device runs, themselves, for a fleet on one node. */
class AgentPacer implements Pacer {
	readonly #devices: Devices;
	/** One object for all, since a herd makes millions of attempts. */
	readonly #patience = { ...DEFAULT_PATIENCE };
	readonly #answerMs: Float64Array;
	readonly #isUp: Uint8Array;

	constructor(devices: number) {
		this.#answerMs = new Float64Array(devices);
		this.#isUp = new Uint8Array(devices);
		this.#devices = new Devices({
			devices,
			seed: 1,
			nodes: [TARGET.node!],
			transports: [{ name: TARGET.transport }],
			// With one node nothing hangs on it but whose document is whose.
			uuidOf: String,
		});
	}

	tell(
		device: number,
		event: PacingEvent,
		nowMs: number,
		random: Random,
	): number | undefined {
		const told = this.#translate(device, event);
		const { wait, dial } = this.#devices.tell(device, told, nowMs, random);
		if (dial !== undefined) {
			this.#answerMs[device] = dial.aloneMs;
			this.#patience.keptMs = dial.keptMs;
		}
		return wait?.delayMs;
	}

	patience(device: number): Patience {
		this.#patience.answerMs = this.#answerMs[device]!;
		return this.#patience;
	}

	forget(device: number): void {
		this.#devices.forget(device);
	}

	restart(nowMs: number, image?: number): void {
		this.#devices.restart(nowMs, image);
	}

	/** What happened, as it happens to an agent. */
	#translate(device: number, event: PacingEvent): DecisionEvent {
		switch (event.type) {
			case 'start':
				return event;
			case 'attempt':
				return DUE;
			case 'up':
				this.#isUp[device] = 1;
				return event.tookMs === undefined ? UP : upAfter(event.tookMs);
			case 'hint':
				return { type: 'hint', node: TARGET.node, hint: event.hint };
			case 'ended': {
				const { outcome } = event;
				if (this.#isUp[device] === 0) {
					return { type: 'attempt-failed', dial: DIAL, outcome };
				}
				this.#isUp[device] = 0;
				return { type: 'link-ended', outcome };
			}
			default:
				throw new CloudlinkError(
					'ERR_CLOUDLINK_INTERNAL',
					`A herd knows no ${event.type}.`,
				);
		}
	}
}

export const agentPolicy: Policy = {
	name: 'agent',
	summary:
		'cloudlink-agent: the decisions of this package, as they are made on a device',
	source: 'this package, src/decisions',
	pacer: (devices) => new AgentPacer(devices),
};
