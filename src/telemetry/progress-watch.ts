import type { AgentStatus } from '../agent/status.js';
import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import { checkAgent, type AgentView } from '../agent/agent-view.js';
import { aFunction, checkOptions, clock, positiveMs } from '../options.js';
import * as v from '../schema.js';
import { liveness, type Verdict } from './health.js';

/** How a {@link ProgressWatch} looks. */
export interface ProgressWatchOptions {
	/** How often to look. @default 15000 */
	readonly intervalMs?: number;
	/** Called after each look. */
	readonly onLook?: (verdict: Verdict) => void;
	readonly clock?: Clock;
}

const schema = v.strictObject({
	intervalMs: v.optional(positiveMs),
	onLook: v.optional(aFunction),
	clock: v.optional(clock),
});

/** What must change, sooner or later, in an agent that works. */
function fingerprint(status: AgentStatus): string {
	const { state, attempts, links, waiting, connecting } = status;
	// A wait that still runs is progress of its own.
	const waits = waiting ? Math.ceil(waiting.leftMs) : undefined;
	return JSON.stringify([state, attempts, links, waits, connecting]);
}

/**
 * Looks at an agent at intervals, and judges by {@link liveness} whether it works. The watchdog and `/healthz`
 * ask it. One timer; `close` leaves nothing behind.
 */
export class ProgressWatch {
	readonly #agent: AgentView;
	readonly #clock: Clock;
	readonly #intervalMs: number;
	readonly #onLook: ((verdict: Verdict) => void) | undefined;
	#timer: Timer;
	#seen = '';
	#sinceMs = 0;
	#dueMs = 0;
	#verdict: Verdict;

	constructor(agent: AgentView, options: ProgressWatchOptions = {}) {
		checkAgent(agent, 'ProgressWatch');
		checkOptions(schema, options, 'ProgressWatch');
		this.#agent = agent;
		this.#clock = options.clock ?? systemClock;
		this.#intervalMs = options.intervalMs ?? 15_000;
		this.#onLook = options.onLook;
		this.#dueMs = this.#clock.monotonicMs();
		this.#verdict = this.#look();
		this.#timer = this.#arm();
	}

	/** The verdict of now; an event loop that was blocked counts as blocked until the next look. */
	get verdict(): Verdict {
		return this.#verdict.ok ? this.#judge(0) : this.#verdict;
	}

	/** Ends the watch; nothing is left behind. */
	close(): void {
		this.#timer.cancel();
	}

	#arm(): Timer {
		this.#dueMs = this.#clock.monotonicMs() + this.#intervalMs;
		return this.#clock.setTimer(this.#intervalMs, () => {
			this.#verdict = this.#look();
			this.#timer = this.#arm();
			this.#onLook?.(this.#verdict);
		});
	}

	#look(): Verdict {
		return this.#judge(this.#clock.monotonicMs() - this.#dueMs);
	}

	#judge(loopLagMs: number): Verdict {
		const nowMs = this.#clock.monotonicMs();
		const status = this.#agent.status();
		const now = fingerprint(status);
		if (now !== this.#seen) {
			this.#seen = now;
			this.#sinceMs = nowMs;
		}
		return liveness({
			status,
			unchangedMs: nowMs - this.#sinceMs,
			loopLagMs: Math.max(0, loopLagMs),
		});
	}
}
