import { CloudlinkError } from '../errors.js';
import { DialError, outcome } from '../outcome.js';
import type { Clock } from '../runtime/index.js';
import { follow, type Bound } from './deadline.js';
import { closeLink, type Held } from './links.js';

interface Kept {
	readonly attempt: Promise<Held>;
	readonly own: ReturnType<typeof follow>;
	readonly sinceMs: number;
}

/**
 * The oldest attempt that was taken and stays silent. It is kept open beside later ones, since it may hold a place in
 * the node's queue; whichever makes a link first wins, and the others are let go.
 */
export class KeptAttempt {
	readonly #clock: Clock;
	#kept: Kept | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * Makes an attempt. Rejects after `aloneMs` of silence, while the attempt goes on if it is the only one that does;
	 * resolves with the link of the kept one if that comes first.
	 */
	async dial(
		make: (signal: AbortSignal) => Promise<Held>,
		aloneMs: number | undefined,
		parent: AbortSignal,
	): Promise<Held> {
		const own = follow(parent);
		const sinceMs = this.#clock.monotonicMs();
		const attempt = make(own.signal);
		const silence = aloneMs === undefined ? undefined : this.#silence(aloneMs);
		let won: Held | undefined;
		try {
			won = await Promise.race([
				attempt,
				...(silence ? [silence.over] : []),
				...this.#link(),
			]);
			return won;
		} catch (thrown) {
			if (thrown === silence?.error && this.#kept === undefined) {
				this.#keep({ attempt, own, sinceMs });
			}
			throw thrown;
		} finally {
			silence?.release();
			if (this.#kept?.attempt !== attempt) {
				letGo({ attempt, own, sinceMs }, won);
			}
		}
	}

	/** Waits; resolves with the kept attempt's link if that comes before. */
	async wait(
		pause: (signal: AbortSignal) => Promise<void>,
		parent: AbortSignal,
	): Promise<Held | undefined> {
		const own = follow(parent);
		const waiting = pause(own.signal);
		try {
			return (await Promise.race([waiting, ...this.#link()])) ?? undefined;
		} finally {
			own.abort(superseded());
			own.release();
			waiting.catch(() => undefined);
		}
	}

	/** There is a link: nothing is kept any more. How long its attempt took, if it was the kept one. */
	release(link: Held): number | undefined {
		const kept = this.#kept;
		this.#kept = undefined;
		if (kept === undefined) {
			return undefined;
		}
		letGo(kept, link);
		return kept === this.#winner?.kept && link === this.#winner.link
			? this.#clock.monotonicMs() - kept.sinceMs
			: undefined;
	}

	#winner: { readonly kept: Kept; readonly link: Held } | undefined;

	#link(): Array<Promise<Held>> {
		const kept = this.#kept;
		// One that fails in the end is no news: it counted as failed long ago.
		const never = () => new Promise<never>(() => undefined);
		return kept ? [kept.attempt.catch(never)] : [];
	}

	#keep(kept: Kept): void {
		this.#kept = kept;
		kept.attempt.then(
			(link) => {
				this.#winner = { kept, link };
			},
			() => {
				kept.own.release();
				if (this.#kept === kept) {
					this.#kept = undefined;
				}
			},
		);
	}

	#silence(aloneMs: number) {
		const error = new DialError(
			outcome(
				'upgrade-timeout',
				`The node took the connection and said nothing for ${aloneMs / 1000} s.`,
			),
		);
		let release: Bound['release'] = () => undefined;
		const over = new Promise<never>((_resolve, reject) => {
			const timer = this.#clock.setTimer(aloneMs, () => {
				reject(error);
			});
			release = () => {
				timer.cancel();
			};
		});
		return { error, over, release };
	}
}

const superseded = () =>
	new CloudlinkError('ERR_CLOUDLINK_STOPPED', 'Another attempt made the link.');

/** Ends an attempt; a link that comes of it all the same is closed, unless it is the one that won. */
function letGo({ attempt, own }: Kept, won: Held | undefined): void {
	own.abort(superseded());
	own.release();
	attempt.then(
		async (held) => {
			if (held !== won) {
				await closeLink(held.link, 0);
			}
		},
		() => undefined,
	);
}
