import { outcome, type Outcome } from '../outcome.js';
import type { AgentEvents } from './events.js';
import { OldLinks, type Held } from './links.js';
import type { ResolvedOptions } from './options.js';

export type Emit = <E extends keyof AgentEvents>(
	event: E,
	...args: Parameters<AgentEvents[E]>
) => void;

/** What an agent counts from its start. */
export interface Counts {
	attempts: number;
	links: number;
	lastOutcome?: Outcome;
}

/** The one link that `agent.link` shows, up or draining, and the ones that it replaced. */
export class CurrentLink {
	readonly counts: Counts = { attempts: 0, links: 0 };
	#held: Held | undefined;
	readonly #options: ResolvedOptions;
	readonly #emit: Emit;
	readonly #old: OldLinks;

	constructor(options: ResolvedOptions, emit: Emit) {
		this.#options = options;
		this.#emit = emit;
		this.#old = new OldLinks(options.runtime.clock);
	}

	get held(): Held | undefined {
		return this.#held;
	}

	/** A link becomes the current one. The one before it retires or, if nobody told it to go, stands by. */
	replace(held: Held, onStandbyEnded: () => void): void {
		const before = this.#held;
		if (before) {
			const { notice } = before;
			this.drop(before, notice ?? supersededBy(held));
			const { retireGraceMs, transportSelection } = this.#options;
			if (notice === undefined) {
				const { standbyMs } = transportSelection;
				this.#old.keepStandby(before, standbyMs, retireGraceMs, onStandbyEnded);
			} else {
				const graceMs = notice.hint?.drainDeadlineMs ?? retireGraceMs;
				this.#old.retire(before, graceMs);
			}
		}
		this.#become(held);
	}

	/** The standby is the current link again. */
	takeOver(): Held {
		const held = this.#old.takeStandby()!;
		this.#become(held);
		return held;
	}

	#become(held: Held): void {
		this.counts.links++;
		this.#held = held;
	}

	/** A link is the current one no longer. */
	drop(held: Held, ended: Outcome): void {
		if (this.#held !== held) {
			return;
		}
		this.#held = undefined;
		this.counts.lastOutcome = ended;
		this.#emit('down', {
			transport: held.link.transport,
			node: held.link.node,
			outcome: ended,
			lastedMs: this.#options.runtime.clock.monotonicMs() - held.upAtMs,
		});
	}

	/** Ends the links that are not current any more; resolves when nothing is left of them. */
	async closeOld(graceMs: number): Promise<void> {
		await this.#old.close(graceMs);
	}
}

function supersededBy({ link }: Held): Outcome {
	return outcome(
		'superseded',
		`A link to ${link.node} over ${link.transport} takes its place.`,
	);
}
