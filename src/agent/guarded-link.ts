import { CloudlinkError, toError } from '../errors.js';
import { outcome, type Outcome } from '../outcome.js';
import type { Clock, Timer } from '../runtime/index.js';
import type { Link, LinkListener, LinkSign, LinkStats } from '../transport.js';
import { checkedHint, checkedOutcome } from './checked.js';
import { MARGIN_MS } from './given-up.js';

/** How much later than its deadline a link may answer that asks for a sign of life. */
const SIGN_MARGIN_MS = 1_000;

export interface GuardContext {
	readonly clock: Clock;
	readonly warn: (warning: CloudlinkError) => void;
}

/** Whether a transport gave what the interface asks for, as far as that can be seen. */
export function isLink(given: unknown): given is Link {
	const { listen, stats, close, ended } = Object(given) as Partial<Link>;
	return (
		typeof listen === 'function' &&
		typeof stats === 'function' &&
		typeof close === 'function' &&
		typeof ended?.then === 'function'
	);
}

/** A link that keeps every promise of the interface, whatever the transport that made it does: a breach costs a warning. */
export class GuardedLink implements Link {
	readonly transport: string;
	readonly node: string;
	readonly ended: Promise<Outcome>;
	readonly #link: Link;
	readonly #context: GuardContext;
	readonly #warned = new Set<string>();
	readonly #closed: Promise<void>;
	#resolveEnded!: (ended: Outcome) => void;
	#resolveClosed!: () => void;
	#closing = false;
	/** It was closed, and nothing of it is left or it was given up. */
	#settled = false;
	/** Ends the wait for a link that was closed and does not end. */
	#givingUp: { readonly timer: Timer; readonly atMs: number } | undefined;

	constructor(link: Link, context: GuardContext) {
		this.#link = link;
		this.#context = context;
		this.transport = String(link.transport);
		this.node = String(link.node);
		this.ended = new Promise((resolve) => {
			this.#resolveEnded = resolve;
		});
		this.#closed = new Promise((resolve) => {
			this.#resolveClosed = resolve;
		});
		link.ended.then(
			(ended) => {
				const ours = this.#closing;
				this.#resolveEnded(
					checkedOutcome(ended, 'link-failed', this.#warn, { ours }),
				);
			},
			(thrown: unknown) => {
				const cause = toError(thrown);
				this.#warn('rejected instead of saying how a link ended', cause);
				const message = `The transport failed: ${cause.message}`;
				this.#resolveEnded(outcome('link-failed', message, { cause }));
				// Who knows what is left of it.
				void this.#call('failed to close a link', async () => {
					await link.close(0);
				});
			},
		);
	}

	listen(listener: LinkListener): void {
		const guarded: LinkListener = {
			onHint: (hint) => {
				listener.onHint(checkedHint(hint, this.#warn));
			},
			onDrain: (notice) => {
				listener.onDrain(checkedOutcome(notice, 'drain-notice', this.#warn));
			},
		};
		try {
			this.#link.listen(guarded);
		} catch (thrown) {
			this.#warn('failed to take a listener', thrown);
		}
	}

	stats(): LinkStats {
		let said: unknown;
		try {
			said = this.#link.stats();
		} catch (thrown) {
			this.#warn('failed to count', thrown);
		}
		const { roundTripMs, ...counts } = Object(said) as Partial<LinkStats>;
		return {
			...(roundTripMs === undefined
				? {}
				: { roundTripMs: amount(roundTripMs) }),
			ageMs: amount(counts.ageMs),
			bytesIn: amount(counts.bytesIn),
			bytesOut: amount(counts.bytesOut),
			openStreams: amount(counts.openStreams),
		};
	}

	/** Looked up afresh each time, as the link may have no such method. */
	get checkLiveness(): Link['checkLiveness'] {
		return this.#link.checkLiveness && this.#checkLiveness.bind(this);
	}

	async #checkLiveness(deadlineMs: number): Promise<LinkSign> {
		const { clock } = this.#context;
		return await new Promise((resolve) => {
			const answer = (sign: LinkSign) => {
				timer.cancel();
				resolve(sign);
			};
			const timer = clock.setTimer(deadlineMs + SIGN_MARGIN_MS, () => {
				this.#warn('did not answer in time whether a link lives');
				answer('dead');
			});
			void this.ended.then(() => {
				answer('dead');
			});
			// Where it does not say, there is no reason to leave the link.
			void this.#call('failed to say whether a link lives', async () => {
				return await this.#link.checkLiveness?.(deadlineMs);
			}).then((sign) => {
				answer(sign === 'dead' || sign === 'moved' ? sign : 'alive');
			});
		});
	}

	async close(graceMs: number): Promise<void> {
		this.#closing = true;
		this.#giveUpIn(graceMs + MARGIN_MS);
		const closing = this.#call('failed to close a link', async () => {
			await this.#link.close(graceMs);
		});
		// A link that ended is gone, whatever its `close` still waits for.
		void this.ended.then(async () => {
			await Promise.race([closing, turn()]);
			this.#settle();
		});
		await this.#closed;
	}

	#giveUpIn(delayMs: number): void {
		const { clock } = this.#context;
		const atMs = clock.monotonicMs() + delayMs;
		if (this.#settled || (this.#givingUp && this.#givingUp.atMs <= atMs)) {
			return;
		}
		this.#givingUp?.timer.cancel();
		const timer = clock.setTimer(delayMs, () => {
			this.#warn('did not close a link in time; it is left behind');
			this.#resolveEnded(outcome('stopped', 'The link was given up.'));
			this.#settle();
		});
		this.#givingUp = { timer, atMs };
	}

	#settle(): void {
		this.#settled = true;
		this.#givingUp?.timer.cancel();
		this.#resolveClosed();
	}

	async #call<T>(
		failed: string,
		work: () => Promise<T>,
	): Promise<T | undefined> {
		try {
			return await work();
		} catch (thrown) {
			this.#warn(failed, thrown);
			return undefined;
		}
	}

	/** Once for each link and breach. */
	readonly #warn = (what: string, thrown?: unknown): void => {
		if (!this.#warned.has(what)) {
			this.#warned.add(what);
			this.#context.warn(breach(this.transport, what, thrown));
		}
	};
}

/** What is said of a transport that breaks its contract. */
export function breach(
	transport: string,
	what: string,
	thrown?: unknown,
): CloudlinkError {
	const why = thrown === undefined ? '' : `: ${toError(thrown).message}`;
	return new CloudlinkError(
		'ERR_CLOUDLINK_TRANSPORT',
		`The transport ${transport} ${what}${why}.`,
		{ cause: thrown },
	);
}

/** Long enough for what ends with the link to end first. */
async function turn(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

function amount(said: unknown): number {
	return typeof said === 'number' && said >= 0 && said < Infinity ? said : 0;
}
