import type { Dial } from '../decisions/index.js';
import type { TransportName } from '../transport.js';
import type { Attempt } from './attempt.js';
import type { Held } from './links.js';

/** A link, and the attempt that made it. */
export interface Won {
	readonly attempt: Attempt;
	readonly held: Held;
}

/** Whether a kept attempt goes on beside a link over that transport, which came up so. */
type KeepsPlace = (
	kept: Dial,
	link: TransportName,
	handover?: Dial['handover'],
) => boolean;

const never = () => new Promise<never>(() => undefined);

/**
 * The attempts at the next link: the one that pacing's wait ended in, and beside it the oldest silent one, which is kept
 * since it may hold a place in a queue. The first that makes a link wins, and the other is let go; but where the kept one is over a
 * transport that is preferred to the link's, it keeps its place beside the link.
 *
 *     attempt --> link                                           wins
 *        | silent for as long as patience says
 *        +--> counts as failed, and is kept where none is --> link   wins, in a wait as in another attempt
 */
export class Attempts {
	readonly #begin: (plan: Dial, signal: AbortSignal) => Attempt;
	readonly #keepsPlace: KeepsPlace;
	#kept: Attempt | undefined;

	/** @param begin begins an attempt, counted and announced */
	constructor(
		begin: (plan: Dial, signal: AbortSignal) => Attempt,
		keepsPlace: KeepsPlace,
	) {
		this.#begin = begin;
		this.#keepsPlace = keepsPlace;
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
		const attempt = this.#begin(plan, signal);
		try {
			const won = await Promise.race([
				attempt.held.then((held): Won => ({ attempt, held })),
				attempt.silent,
				this.keptLink(),
			]);
			if (won.attempt !== attempt) {
				attempt.drop();
			}
			return this.settle(won);
		} catch (thrown) {
			if (attempt.isWaiting && this.#kept === undefined) {
				this.#kept = attempt;
			} else {
				attempt.drop();
			}
			throw thrown;
		}
	}

	/** There is a link: lets go of the kept attempt, unless it made that or is for a better one. */
	settle<T extends Pick<Won, 'held'> & Partial<Won>>(won: T): T {
		const { attempt, held } = won;
		const kept = this.#kept;
		if (kept === attempt) {
			this.#kept = undefined;
		} else if (
			kept &&
			!this.#keepsPlace(
				kept.plan,
				held.target.transport,
				attempt?.plan.handover,
			)
		) {
			this.drop();
		}
		return won;
	}

	/** Lets go of the kept attempt. */
	drop(): void {
		this.#kept?.drop();
		this.#kept = undefined;
	}
}
