import type { Dial } from '../decisions/index.js';
import { CloudlinkError } from '../errors.js';
import { DialError, outcome } from '../outcome.js';
import type { Timer } from '../runtime/index.js';
import { follow } from './deadline.js';
import { dial } from './dial.js';
import { closeLink, type Held } from './links.js';
import type { ResolvedOptions } from './options.js';

/** How long a taken connection may be mute before another transport is tried beside it. */
const MUTE_MS = 10_000;

/** One attempt that is under way: alone for as long as patience says, then perhaps kept beside later ones. */
export class Attempt {
	readonly plan: Dial;
	/** The link; rejects as `dial` does. */
	readonly held: Promise<Held>;
	/** Rejects with a DialError once it has been silent for as long as patience says; never resolves. */
	readonly silent: Promise<never>;
	dropped = false;
	readonly #startedMs: number;
	readonly #now: () => number;
	readonly #abort: (reason: Error) => void;
	readonly #timers: Timer[] = [];
	#connected = false;
	#over = false;

	constructor(
		plan: Dial,
		options: ResolvedOptions,
		signal: AbortSignal,
		warn: (warning: CloudlinkError) => void,
		onMute?: () => void,
	) {
		const { clock } = options.runtime;
		const bound = follow(signal);
		this.plan = plan;
		this.#now = () => clock.monotonicMs();
		this.#startedMs = this.#now();
		this.#abort = bound.abort;
		this.silent = new Promise((_, reject) => {
			if (plan.keptMs > 0) {
				const aloneMs = plan.connectDeadlineMs + plan.aloneMs;
				const onAlone = () => {
					reject(new DialError(silence(aloneMs)));
				};
				this.#timers.push(clock.setTimer(aloneMs, onAlone));
			}
		});
		const onConnected = () => {
			if (!this.#connected && onMute) {
				this.#timers.push(clock.setTimer(MUTE_MS, onMute));
			}
			this.#connected = true;
		};
		this.held = dial(plan, options, bound.signal, {
			warn,
			onConnected,
		}).finally(() => {
			this.#over = true;
			bound.release();
			this.#cancelTimers();
		});
		// Who does not wait for them is not told.
		this.held.catch(() => undefined);
		this.silent.catch(() => undefined);
	}

	/** It goes on, and its connection was taken. */
	get isWaiting(): boolean {
		return this.#connected && !this.#over;
	}

	get tookMs(): number {
		return this.#now() - this.#startedMs;
	}

	/** Lets go of it; a link that it makes all the same is closed. */
	drop(): void {
		this.dropped = true;
		this.#cancelTimers();
		this.#abort(
			new CloudlinkError('ERR_CLOUDLINK_STOPPED', 'The attempt was dropped.'),
		);
		void this.held.then(
			async ({ link }) => {
				await closeLink(link, 0);
			},
			() => undefined,
		);
	}

	#cancelTimers(): void {
		this.#timers.forEach((timer) => {
			timer.cancel();
		});
	}
}

const silence = (ms: number) =>
	outcome(
		'upgrade-timeout',
		`The connection was taken, and there has been no answer for ${Math.round(ms / 1000)} s: it may wait in a queue.`,
	);
