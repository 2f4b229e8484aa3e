import type { Decision } from '../decisions/index.js';
import type { CloudlinkError } from '../errors.js';
import type { Outcome } from '../outcome.js';
import type { Wait } from '../pacing/index.js';
import type { Clock } from '../runtime/index.js';
import type { Counts, Emit } from './current-link.js';
import { debug } from './debug.js';
import type { Held } from './links.js';
import type { Pause } from './pause.js';
import { transition, type AgentState, type StateEvent } from './state.js';

/** Keeps the agent's state, and tells of it and of waits. */
export class Announcer {
	#state: AgentState = { name: 'stopped' };
	readonly #emit: Emit;
	readonly #clock: Clock;
	readonly #pause: Pause;
	readonly #counts: Counts;

	constructor(emit: Emit, clock: Clock, pause: Pause, counts: Counts) {
		this.#emit = emit;
		this.#clock = clock;
		this.#pause = pause;
		this.#counts = counts;
	}

	get state(): AgentState {
		return this.#state;
	}

	readonly warn = (warning: CloudlinkError): void => {
		this.#emit('warning', warning);
	};

	/** The one writer of the state. */
	dispatch(event: StateEvent): void {
		const previous = this.#state;
		this.#state = transition(previous, event);
		if (this.#state.name !== previous.name) {
			debug(
				'state was %s, now %s (%s)',
				previous.name,
				this.#state.name,
				event.type,
			);
			this.#emit('state', this.#state.name, previous.name);
		}
	}

	up(held: Held): void {
		this.dispatch({ type: 'up', link: held.link });
		this.#emit('up', held.view);
	}

	startWait(next: Wait): void {
		const untilMs = this.#clock.monotonicMs() + next.delayMs;
		this.dispatch({ type: 'wait', wait: next, untilMs });
		debug('%s', next.reason);
	}

	/** Puts another wait in the place of the one that runs, where one was decided and one runs. */
	replaceWait({ wait }: Pick<Decision, 'wait'>): void {
		if (wait && this.#pause.running) {
			this.startWait(wait);
			this.#pause.replace(wait.delayMs);
		}
	}

	retry(ended: Outcome, next: Wait): void {
		this.#counts.lastOutcome = ended;
		debug('%s: %s', ended.kind, ended.message);
		this.#emit('retry', {
			outcome: ended,
			law: next.law,
			delayMs: next.delayMs,
			at: Math.round(this.#clock.wallMs() + next.delayMs),
			hint: next.hint,
			windowMs: next.windowMs,
			reason: next.reason,
		});
	}
}
