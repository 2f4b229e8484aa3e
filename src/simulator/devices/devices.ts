import {
	createDecisions,
	decide,
	readDocument,
	writeDocument,
	type Decision,
	type DecisionEvent,
	type DecisionOptions,
	type DecisionState,
} from '../../decisions/index.js';
import { nodeChoice, parseNodes } from '../../nodes/index.js';
import { resolvePacing } from '../../pacing/index.js';
import type { Random } from '../../runtime/index.js';
import { DeviceRandoms } from '../engine/device-random.js';

export interface DevicesOptions {
	readonly devices: number;
	readonly seed: number;
	/** `host:port`; addresses, so that nothing has to be looked up. */
	readonly nodes: readonly string[];
	readonly transports: DecisionOptions['transports'];
	/** @default drawn from the seed */
	readonly uuidOf?: (device: number) => string;
	/** @default a stream for each device, seeded by the seed */
	readonly randomOf?: (device: number) => Random;
}

/** What the agent's own defaults are. */
const FAILBACK = { returnAfterMs: 300_000, standbyMs: 30_000 };
const CONNECT_DEADLINE_MS = 10_000;

/** The devices of a fleet, each with the state that its decisions hang on: what the agent decides by, a thousandfold. */
export class Devices {
	readonly #states: Array<DecisionState | undefined>;
	/** The state of a device that nothing has happened to yet. */
	readonly #create: (device: number) => DecisionState;
	readonly #randomOf: (device: number) => Random;

	constructor(options: DevicesOptions) {
		const { devices, seed, nodes, transports } = options;
		const randoms = new DeviceRandoms(devices, seed);
		this.#randomOf = options.randomOf ?? ((device) => randoms.of(device));
		const uuidOf = options.uuidOf ?? ((device) => drawUuid(randoms.of(device)));
		const entries = parseNodes(nodes);
		const { returnAfterMs, standbyMs } = FAILBACK;
		// What does not hang on the device is one object for all.
		const { pacing, selection, ...first } = createDecisions({
			uuid: '',
			nodeChoice,
			nodes: entries,
			transports,
			...FAILBACK,
			connectDeadlineMs: CONNECT_DEADLINE_MS,
			pacing: resolvePacing({}),
		});
		// Made when the first thing happens to a device, which replaces it: a million at once would be old by then, and
		// the collector is slow to take back what is old.
		this.#states = new Array<DecisionState | undefined>(devices).fill(
			undefined,
		);
		this.#create = (device) => {
			const uuid = uuidOf(device);
			return {
				...first,
				// Named, which makes it smaller than a copy.
				options: {
					uuid,
					nodeChoice,
					nodes: entries,
					transports,
					returnAfterMs,
					standbyMs,
					connectDeadlineMs: CONNECT_DEADLINE_MS,
					pacing: pacing.options,
				},
				pacing,
				nodes: nodeChoice.create({ uuid, nodes: entries }),
				selection,
			};
		};
	}

	tell(
		device: number,
		event: DecisionEvent,
		nowMs: number,
		random: Random = this.#randomOf(device),
	): Decision {
		const context = { nowMs, random };
		const decision = decide(this.#stateOf(device), event, context);
		this.#states[device] = decision.state;
		return decision;
	}

	/** Nothing happens to a device any more. */
	forget(device: number): void {
		this.#states[device] = undefined;
	}

	optionsOf(device: number): DecisionOptions {
		return this.#stateOf(device).options;
	}

	/**
	 * Every device's process ends, and another one starts with what was written down: its own file, or where all were made
	 * of one `image`, that device's.
	 */
	restart(nowMs: number, image?: number): void {
		const files = this.#states.map((_, device) =>
			writeDocument(this.#stateOf(device), nowMs),
		);
		files.forEach((own, device) => {
			const options = this.optionsOf(device);
			const file = image === undefined ? own : files[image];
			this.#states[device] = readDocument(options, file, nowMs).state;
		});
	}

	#stateOf(device: number): DecisionState {
		return (this.#states[device] ??= this.#create(device));
	}
}

function drawUuid(random: Random): string {
	const word = () =>
		Math.floor(random() * 2 ** 32)
			.toString(16)
			.padStart(8, '0');
	// Joined, which makes one flat string; a sum of strings keeps its parts, a million times.
	return [word(), word(), word(), word()].join('');
}
