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
import { refusedAKeyThatWorked, type Outcome } from '../outcome.js';
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
			const { document, ageMs, ranMs } = this.#file.loaded;
			const { state, unused } = readDocument(
				decisionOptions(this.#options),
				document,
				runtime.clock.monotonicMs() - ageMs,
				ranMs,
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
			this.#save(namesMoment(event), decision.wait);
		}
		return decision;
	}

	/** How an attempt ended, in the words that fit this device: of a key that worked before, a refusal may be an outage. */
	word(ended: Outcome): Outcome {
		return this.#state.pacing.known.keyWorked
			? refusedAKeyThatWorked(ended)
			: ended;
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
		this.#save(false, undefined);
		await this.#file?.close();
		this.#file = undefined;
	}

	#save(momentNamed: boolean, wait: Wait | undefined): void {
		const file = this.#file;
		if (file === undefined) {
			return;
		}
		const { clock } = this.#options.runtime;
		file.save(writeDocument(this.#state, clock.monotonicMs()));
		const long = wait !== undefined && wait.delayMs >= WORTH_A_WRITE_MS;
		if (momentNamed || long) {
			// If it fails, a warning says so.
			void file.flush();
		}
	}
}

/** A moment that a node named must outlive a crash, however near it is, and whether or not a wait runs for it. */
function namesMoment(event: DecisionEvent): boolean {
	switch (event.type) {
		case 'hint':
			return event.hint.retryAfterMs !== undefined;
		case 'attempt-failed':
		case 'link-draining':
		case 'link-ended':
			return event.outcome.hint?.retryAfterMs !== undefined;
		default:
			return false;
	}
}

function decisionOptions(options: ResolvedOptions): DecisionOptions {
	return {
		uuid: options.device.uuid,
		nodes: options.nodes,
		nodeChoice: options.nodeSource.choice,
		transports: options.transports,
		returnAfterMs: options.transportSelection.returnAfterMs,
		standbyMs: options.transportSelection.standbyMs,
		connectDeadlineMs: options.dialDeadlineMs,
		pacing: options.pacing,
	};
}
