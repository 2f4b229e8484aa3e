import { CloudlinkError, toError } from '../errors.js';
import { checkOptions } from '../options.js';
import {
	checkListener,
	networkChange,
	pingOptions,
	stopOptions,
	updateOptions,
	waitOptions,
} from './arguments.js';
import { publishEvents } from './channels.js';
import type {
	AgentEvents,
	LinkView,
	NetworkChange,
	RetryNow,
} from './events.js';
import { GuardedEmitter } from './guarded-emitter.js';
import { History } from './history.js';
import {
	resolveOptions,
	type AgentOptions,
	type ResolvedOptions,
} from './options.js';
import type { Emit } from './current-link.js';
import type { NodeSource } from './node-source.js';
import type { Ping } from './ping.js';
import { Run } from './run.js';
import type { StateName } from './state.js';
import { statusOf, type AgentStatus } from './status.js';
import { debug } from './debug.js';

/** What may change while the agent runs; see {@link Agent.update}. */
export type AgentUpdate = Partial<Pick<AgentOptions, 'device' | 'nodes'>>;

/** What every agent can do; which one a program has is decided by the entry that it imports. */
export class Agent {
	readonly #emitter = new GuardedEmitter<AgentEvents>((event, thrown) => {
		this.#onListenerFailure(event, thrown);
	});
	readonly #history: History;
	#input: AgentOptions;
	#options: ResolvedOptions;
	#run: Run | undefined;
	/** Rejects everyone who waits for a link. */
	readonly #waiting = new Map<(reason: Error) => void, number>();
	/** Counts starts and stops, so that a stop rejects those who wait since before it ended, and not since a later start. */
	#calls = 0;
	/** The start or stop that is under way: they take turns. */
	#turn: Promise<void> = Promise.resolve();

	/** @throws CloudlinkError ERR_CLOUDLINK_INVALID_OPTION, naming the key, for options that cannot be used. */
	protected constructor(options: AgentOptions, source: NodeSource) {
		this.#options = resolveOptions(options, source);
		this.#input = options;
		publishEvents(this);
		this.#history = new History(this, this.#options.runtime.clock);
	}

	/** Where the agent stands. */
	get state(): StateName {
		return this.#run?.state.name ?? 'stopped';
	}

	/** The current link; undefined unless the agent is up or draining. */
	get link(): LinkView | undefined {
		return this.#run?.link;
	}

	/** A snapshot for people and dashboards: state, link, why it waits and until when. No secrets. */
	status(): AgentStatus {
		const { clock } = this.#options.runtime;
		const run = this.#run;
		return statusOf(
			run?.state ?? { name: 'stopped' },
			{ nowMs: clock.monotonicMs(), wallMs: clock.wallMs() },
			run?.counts ?? { attempts: 0, links: 0 },
			this.#history.entries,
		);
	}

	/** Starts the loop; does not wait for a link. Starting twice is starting once. */
	async start(): Promise<void> {
		this.#calls++;
		await this.#takeTurn(async () => {
			if (this.#run === undefined) {
				const run = new Run(this.#options, this.#emit);
				this.#run = run;
				await run.start();
			}
		});
	}

	/**
	 * Ends the link and the loop; afterwards no timer, socket or listener of the agent is left. Streams
	 * that run may finish for `graceMs` (default 0). Stopping twice is stopping once. Where a transport hangs it is given up
	 * after 7 s each for its dial, its links and its `release`, with a warning.
	 */
	async stop(options: { graceMs?: number } = {}): Promise<void> {
		const { graceMs } = checkOptions(stopOptions, options, 'stop()');
		// Not in turn with start(): a start must not hold up a stop.
		this.#run?.abort();
		const call = ++this.#calls;
		this.#failWaiting(call);
		await this.#takeTurn(async () => {
			const run = this.#run;
			if (run) {
				await run.stop(graceMs);
				this.#run = undefined;
			}
			this.#failWaiting(call);
		});
	}

	/** Rejects those who have waited since before a call of `start()` or `stop()`. */
	#failWaiting(call: number): void {
		for (const [fail, since] of this.#waiting) {
			if (since <= call) {
				fail(
					new CloudlinkError(
						'ERR_CLOUDLINK_STOPPED',
						'The agent was stopped before it had a link.',
					),
				);
			}
		}
	}

	/** Stops it at the end of an `await using` block. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	/**
	 * The current link, at once if there is one; while draining, its successor. Rejects with the signal's
	 * reason, and with ERR_CLOUDLINK_STOPPED on `stop()`.
	 */
	waitUntilUp(options: { signal?: AbortSignal } = {}): Promise<LinkView> {
		return new Promise((resolve, reject) => {
			const { signal } = checkOptions(waitOptions, options, 'waitUntilUp()');
			signal?.throwIfAborted();
			const { link } = this;
			if (link && this.state === 'up' && !this.#run?.stopping) {
				resolve(link);
				return;
			}
			const finish = () => {
				this.off('up', onUp);
				this.#waiting.delete(fail);
				signal?.removeEventListener('abort', onAbort);
			};
			const onUp = (next: LinkView) => {
				finish();
				resolve(next);
			};
			const fail = (reason: Error) => {
				finish();
				reject(reason);
			};
			const onAbort = () => {
				fail(signal!.reason as Error);
			};
			this.on('up', onUp);
			this.#waiting.set(fail, this.#calls);
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	}

	/** The device's network changed: it went, came, or is another one (`id`). */
	networkChanged(change: NetworkChange): void {
		checkOptions(networkChange, change, 'networkChanged()');
		this.#run?.networkChanged(change);
	}

	/** The wall clock jumped, or the machine slept: what waited for the right time may go on. */
	clockStepped(): void {
		this.#run?.clockStepped();
	}

	/** Asks the node over the live link for an answer, now, and measures the round trip. It waits `deadlineMs` for it (default 5000). */
	async ping(options: { deadlineMs?: number } = {}): Promise<Ping> {
		const { deadlineMs } = checkOptions(pingOptions, options, 'ping()');
		return (
			(await this.#run?.ping(deadlineMs)) ?? {
				answered: false,
				reason: 'The agent is stopped.',
			}
		);
	}

	/**
	 * Tries again now, for a person who stands before the device: ends a wait that only our own caution caused, never one
	 * that a node asked for, and says which it was. Not for programs: a fleet that retries by itself is a stampede.
	 */
	retryNow(): RetryNow {
		return (
			this.#run?.retryNow() ?? { ended: false, reason: 'The agent is stopped.' }
		);
	}

	/** Makes a new link in the place of the current one, which serves on until then; without one it is {@link retryNow}. */
	reconnect(): RetryNow {
		if (this.state !== 'up') {
			return this.retryNow();
		}
		const reason = 'Another link was asked for.';
		this.#run?.renewLink(reason);
		return { ended: true, reason };
	}

	/**
	 * Takes over another key or other nodes without a restart. A live link is kept unless the uuid is
	 * another, or its node is no longer among the nodes; then it serves on until a link to the new nodes is up,
	 * which is dialled within `startSpreadMs`. Throws as the constructor does, and then nothing has changed.
	 */
	update(change: AgentUpdate): void {
		checkOptions(updateOptions, change, 'update()');
		const input = { ...this.#input, ...change };
		this.#options = resolveOptions(input, this.#options.nodeSource);
		this.#input = input;
		this.#run?.update(this.#options);
	}

	/** Listens to an event. Throws for one that there is not. A listener that throws becomes a `warning`. */
	on<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): this {
		checkListener('on()', event, listener);
		this.#emitter.on(event, listener);
		return this;
	}

	/** As {@link on}, for the next time only. */
	once<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): this {
		checkListener('once()', event, listener);
		this.#emitter.once(event, listener);
		return this;
	}

	/** Listens no longer. */
	off<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): this {
		this.#emitter.off(event, listener);
		return this;
	}

	readonly #emit: Emit = (event, ...args) => {
		this.#emitter.emit(event, ...args);
	};

	#onListenerFailure(event: keyof AgentEvents, thrown: unknown): void {
		debug('a listener of %s threw: %s', event, toError(thrown).message);
		// A warning about the listeners of warnings would go round in circles.
		if (event !== 'warning') {
			this.#emit(
				'warning',
				new CloudlinkError(
					'ERR_CLOUDLINK_LISTENER',
					`A listener of the agent's ${event} event threw; see the cause.`,
					{ cause: thrown },
				),
			);
		}
	}

	async #takeTurn(work: () => Promise<void>): Promise<void> {
		const turn = this.#turn.then(work);
		this.#turn = turn.catch(() => undefined);
		await turn;
	}
}
