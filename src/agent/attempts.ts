import type { Dial } from '../decisions/index.js';
import type { Attempt } from './attempt.js';
import type { Decider } from './decider.js';
import { outcomeOf } from './dial.js';
import type { Held } from './links.js';

/** A link, and the attempt that made it. */
export interface Won {
	readonly attempt: Attempt;
	readonly held: Held;
}

/** Begins an attempt, counted and announced. */
export type Begin = (
	plan: Dial,
	signal: AbortSignal,
	onMute?: () => void,
) => Attempt;

const never = () => new Promise<never>(() => undefined);

/**
 * The attempts at the next link: the one that pacing's wait ended in, one over another transport beside it where it is
 * mute, and the oldest silent one, which is kept since it may hold a place in a queue. The first that makes a link wins.
 *
 *     attempt --> link                         wins; the others are dropped
 *        | mute --> another transport beside it, once an episode --> link   wins
 *        | silent for as long as patience says
 *        +--> failed, and kept where none is --> link                       wins, whatever goes on then
 */
export class Attempts {
	readonly #decider: Decider;
	readonly #begin: Begin;
	#kept: Attempt | undefined;

	constructor(decider: Decider, begin: Begin) {
		this.#decider = decider;
		this.#begin = begin;
	}

	/** The link of the kept attempt, if it makes one. Never rejects, and pending for ever where there is none. */
	async keptLink(): Promise<Won> {
		const kept = this.#kept;
		if (kept === undefined) {
			return await never();
		}
		try {
			return { attempt: kept, held: await kept.held };
		} catch {
			if (this.#kept === kept) {
				this.#kept = undefined;
			}
			return await never();
		}
	}

	/** Makes one attempt. Rejects as `dial` does; one that is silent for long may be kept, but counts as failed all the same. */
	async make(plan: Dial, signal: AbortSignal): Promise<Won> {
		let beside: Attempt | undefined;
		let besideLink: Promise<Won | undefined> = Promise.resolve(undefined);
		let onBeside: ((won: Promise<Won>) => void) | undefined;
		const besideWon = new Promise<Won>((resolve) => {
			onBeside = resolve;
		});
		const attempt = this.#begin(plan, signal, () => {
			const { dial } = this.#decider.tell({ type: 'silent', dial: plan });
			if (dial) {
				beside = this.#begin(dial, signal);
				besideLink = this.#tryBeside(beside);
				onBeside?.(besideLink.then((won) => won ?? never()));
			}
		});
		try {
			const won = await Promise.race([
				attempt.held.then((held): Won => ({ attempt, held })),
				attempt.silent,
				this.keptLink(),
				besideWon,
			]);
			return this.settle(won, [attempt, beside]);
		} catch (thrown) {
			this.#keep(attempt);
			const won = await besideLink;
			if (won && !signal.aborted) {
				return this.settle(won, [attempt, beside]);
			}
			throw thrown;
		}
	}

	/** Lets go of the kept attempt. */
	drop(): void {
		this.#kept?.drop();
		this.#kept = undefined;
	}

	async #tryBeside(beside: Attempt): Promise<Won | undefined> {
		try {
			return { attempt: beside, held: await beside.held };
		} catch (thrown) {
			const { plan: dial, dropped } = beside;
			if (!dropped) {
				const failed = outcomeOf(thrown);
				this.#decider.tell({ type: 'attempt-failed', dial, outcome: failed });
			}
			return undefined;
		}
	}

	#keep(attempt: Attempt): void {
		if (attempt.isWaiting && this.#kept === undefined) {
			this.#kept = attempt;
		} else {
			attempt.drop();
		}
	}

	/** Drops all attempts but the one that won, the kept one too. */
	settle(won: Won, others: ReadonlyArray<Attempt | undefined> = []): Won {
		for (const other of [...others, this.#kept]) {
			if (other !== won.attempt) {
				other?.drop();
			}
		}
		this.#kept = undefined;
		return won;
	}
}
