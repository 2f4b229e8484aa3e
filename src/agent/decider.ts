import {
	createDecisions,
	decide,
	readDocument,
	writeDocument,
	type Decision,
	type DecisionEvent,
	type DecisionOptions,
	type DecisionState,
} from '../decisions/index.js';
import { CloudlinkError } from '../errors.js';
import type { Wait } from '../pacing/index.js';
import type { StateFile } from '../state-file/state-file.js';
import { debug } from './debug.js';
import type { ResolvedOptions } from './options.js';

/** A wait that is this long must not be lost to a crash: it does not wait for the state file's next turn. */
const WORTH_A_WRITE_MS = 60_000;

/** Holds the state that decisions hang on, tells `decide` what happened, and keeps the state over restarts. */
export class Decider {
	#options: ResolvedOptions;
	#state: DecisionState;
	#file: StateFile | undefined;
	readonly #warn: (warning: CloudlinkError) => void;

	constructor(
		options: ResolvedOptions,
		warn: (warning: CloudlinkError) => void,
	) {
		this.#options = options;
		this.#warn = warn;
		this.#state = createDecisions(decisionOptions(options));
	}

	/** Recalls what was learnt in an earlier life, and decides on the first wait. */
	async start(): Promise<Wait> {
		const { statePath, runtime } = this.#options;
		if (statePath !== undefined) {
			const { openStateFile } = await import(
				/* webpackMode: "eager" */ '../state-file/state-file.js'
			);
			this.#file = await openStateFile(statePath, {
				clock: runtime.clock,
				onWarning: this.#warn,
			});
			const { document, ageMs } = this.#file.loaded;
			const { state, unused } = readDocument(
				decisionOptions(this.#options),
				document,
				runtime.clock.monotonicMs() - ageMs,
			);
			this.#state = state;
			if (unused !== undefined) {
				this.#warn(
					new CloudlinkError(
						'ERR_CLOUDLINK_STATE_FILE',
						`The state file ${statePath} is not used: ${unused}`,
					),
				);
			}
		}
		return this.tell({ type: 'start' }).wait!;
	}

	/** The only way in which the state changes. */
	tell(event: DecisionEvent): Decision {
		const { clock, random } = this.#options.runtime;
		const decision = decide(this.#state, event, {
			nowMs: clock.monotonicMs(),
			random,
		});
		this.#state = decision.state;
		if (decision.why !== undefined) {
			debug('%s', decision.why);
		}
		if (event.type !== 'traffic') {
			this.#save(decision.wait);
		}
		return decision;
	}

	/** Takes over changed options. */
	update(options: ResolvedOptions): Decision {
		const key = options.device.key !== this.#options.device.key;
		this.#options = options;
		return this.tell({
			type: 'configured',
			options: decisionOptions(options),
			key,
		});
	}

	/** Writes down what is worth keeping, and lets go of the file. */
	async close(): Promise<void> {
		this.#save(undefined);
		await this.#file?.close();
		this.#file = undefined;
	}

	#save(wait: Wait | undefined): void {
		const file = this.#file;
		if (file === undefined) {
			return;
		}
		const { clock } = this.#options.runtime;
		file.save(writeDocument(this.#state, clock.monotonicMs()));
		// A moment that a node named must outlive a crash too, however near it is.
		const told = wait?.hint?.retryAfterMs !== undefined;
		if (wait !== undefined && (told || wait.delayMs >= WORTH_A_WRITE_MS)) {
			// If it fails, a warning says so.
			void file.flush();
		}
	}
}

function decisionOptions(options: ResolvedOptions): DecisionOptions {
	return {
		uuid: options.device.uuid,
		nodes: options.nodes,
		transports: options.transports,
		returnAfterMs: options.transportSelection.returnAfterMs,
		standbyMs: options.transportSelection.standbyMs,
		connectDeadlineMs: options.dialDeadlineMs,
		pacing: options.pacing,
	};
}
