import pRetry from 'p-retry';

import { CloudlinkError, toError } from '../errors.js';
import { outcome, type Outcome } from '../outcome.js';
import type { Wait } from '../pacing/types.js';
import { debug } from './debug.js';
import { Decisions, type Choice } from './decisions.js';
import { dial, outcomeOf } from './dial.js';
import type { AgentEvents, LinkView, NetworkChange } from './events.js';
import { closeLink, OldLinks, type Held } from './links.js';
import type { ResolvedOptions } from './options.js';
import { Pause } from './pause.js';
import { returnToPreferred } from './returning.js';
import { transition, type AgentState, type StateEvent } from './state.js';
import { tenure, type TenureEnd } from './tenure.js';

export type Emit = <E extends keyof AgentEvents>(
	event: E,
	...args: Parameters<AgentEvents[E]>
) => void;

/** Ends one round of the loop: how it ended, and the wait that pacing answered with. */
class RoundEnded extends Error {
	readonly outcome: Outcome;
	readonly wait: Wait;

	constructor(ended: Outcome, next: Wait) {
		super(ended.message, { cause: ended.cause });
		this.outcome = ended;
		this.wait = next;
	}
}

/** How long the loop rests if a bug of ours broke it: it must neither end nor spin. */
const BROKEN_LOOP_REST_MS = 60_000;

/**
 * Everything between one `start()` and its `stop()`: waits, dials, holds the link, and tells the three
 * decision cores how it went. It acts; what it does is decided elsewhere.
 */
export class Run {
	readonly counts: { attempts: number; links: number; lastOutcome?: Outcome } =
		{ attempts: 0, links: 0 };

	#state: AgentState = { name: 'stopped' };
	#options: ResolvedOptions;
	readonly #emit: Emit;
	readonly #decisions: Decisions;
	readonly #pause: Pause;
	readonly #old: OldLinks;
	readonly #abort = new AbortController();
	/** The link that `agent.link` shows: up, or draining. */
	#current: Held | undefined;
	#interrupt: ((how: TenureEnd) => void) | undefined;
	#loop: Promise<void> = Promise.resolve();

	constructor(options: ResolvedOptions, emit: Emit) {
		this.#options = options;
		this.#emit = emit;
		this.#decisions = new Decisions(options, (warning) => {
			emit('warning', warning);
		});
		this.#pause = new Pause(options.runtime.clock);
		this.#old = new OldLinks(options.runtime.clock);
	}

	get state(): AgentState {
		return this.#state;
	}

	get link(): LinkView | undefined {
		return this.#current?.view;
	}

	async start(): Promise<void> {
		const first = await this.#decisions.start();
		this.#engage();
		this.#startWait(first);
		this.#loop = this.#run(first);
	}

	#engage(): void {
		const { transports, livenessMs, runtime } = this.#options;
		for (const transport of transports) {
			transport.engage?.({
				livenessMs,
				runtime,
				warn: (message) => {
					this.#emit(
						'warning',
						new CloudlinkError('ERR_CLOUDLINK_HINT', message),
					);
				},
				onLink: () => {
					// Beside others, the next attempt might be another one's.
					if (transports.length === 1) {
						const reason = 'There is a link already: it is taken over.';
						this.#replaceWait({ law: 'spread', delayMs: 0, reason });
					}
				},
			});
		}
	}

	get stopping(): boolean {
		return this.#abort.signal.aborted;
	}

	/** Ends waits and dials at once; the links are ended by {@link Run.stop}. */
	abort(): void {
		if (!this.#abort.signal.aborted) {
			this.#abort.abort(
				new CloudlinkError('ERR_CLOUDLINK_STOPPED', 'The agent was stopped.'),
			);
		}
	}

	async stop(graceMs: number): Promise<void> {
		this.abort();
		await this.#loop;
		const held = this.#current;
		await Promise.all([
			held && closeLink(held.link, graceMs),
			this.#old.close(graceMs),
		]);
		// What a transport keeps between attempts: an attached openvpn must not be left in hold.
		await Promise.all(
			this.#options.transports.map(async (transport) => {
				await transport.release?.();
			}),
		);
		if (held) {
			this.#drop(held, held.notice ?? stoppedOutcome());
		}
		this.#dispatch({ type: 'stop' });
		await this.#decisions.close();
	}

	networkChanged(change: NetworkChange): void {
		this.#replaceWait(this.#decisions.networkChanged(change));
	}

	clockStepped(): void {
		this.#replaceWait(this.#decisions.clockStepped());
	}

	update(options: ResolvedOptions): void {
		this.#options = options;
		const next = this.#decisions.update(options);
		const end = this.#current && this.#outdated(this.#current);
		if (end) {
			this.#interrupt?.(end);
		}
		this.#replaceWait(next);
	}

	/** Why a link is no longer what the configuration asks for, if so. */
	#outdated(held: Held): TenureEnd | undefined {
		if (held.uuid !== this.#options.device.uuid) {
			const message = 'The configuration names another device.';
			return { type: 'leave', outcome: outcome('superseded', message) };
		}
		if (!this.#decisions.knows(held)) {
			// As from a node that drains: the link serves on until one to the new nodes is up.
			const message = `The configuration no longer names ${held.link.node}.`;
			return { type: 'drain', outcome: outcome('superseded', message) };
		}
		return undefined;
	}

	// The loop.

	async #run(first: Wait): Promise<void> {
		const { signal } = this.#abort;
		let rest = first.delayMs;
		while (!signal.aborted) {
			try {
				await this.#pause.run(rest, signal);
				await this.#rounds(signal);
			} catch (thrown) {
				if (!signal.aborted) {
					rest = BROKEN_LOOP_REST_MS;
					await this.#recover(toError(thrown), rest);
				}
			}
		}
	}

	/**
	 * p-retry runs the rounds; a round always ends by throwing, so only the signal ends them. Its own waits
	 * are switched off: pacing's wait is awaited in the hook, on our clock. (The factor is 1 because
	 * 0 x 2^1024 is not a number.) What it is thrown is never a TypeError, which it would not retry.
	 */
	async #rounds(signal: AbortSignal): Promise<void> {
		await pRetry(async () => await this.#round(signal), {
			retries: Infinity,
			minTimeout: 0,
			factor: 1,
			signal,
			onFailedAttempt: async ({ error }) => {
				signal.throwIfAborted();
				if (!(error instanceof RoundEnded)) {
					throw error;
				}
				await this.#pause.run(error.wait.delayMs, signal);
			},
		});
	}

	/** One round: one dial and, if it succeeds, all until another dial is needed. */
	async #round(signal: AbortSignal): Promise<never> {
		const choice = await this.#decisions.choose(this.#current, signal);
		await this.#makeRoomFor(choice);
		this.#dispatch({ type: 'dial', target: choice.target });
		let held: Held;
		try {
			held = await this.#attempt(choice, signal);
		} catch (thrown) {
			signal.throwIfAborted();
			const ended = outcomeOf(thrown);
			const next = this.#decisions.failed(choice, ended);
			this.#startWait(next);
			this.#announceRetry(ended, next);
			throw new RoundEnded(ended, next);
		}
		this.#succeed(held);
		return await this.#holdCurrent(held, signal);
	}

	async #attempt(choice: Choice, signal: AbortSignal): Promise<Held> {
		this.counts.attempts++;
		this.#decisions.attempt();
		this.#emit('attempt', { count: this.counts.attempts, ...choice.target });
		return await dial(choice, this.#options, signal, (warning) => {
			this.#emit('warning', warning);
		});
	}

	/** Holds the current link, and whichever takes its place, until another dial is needed. */
	async #holdCurrent(first: Held, signal: AbortSignal): Promise<never> {
		let held = first;
		for (;;) {
			const end = await this.#tenureOf(held, signal);
			if (end.type === 'better') {
				this.#succeed(end.held, this.#options.transportSelection.standbyMs);
				held = end.held;
				continue;
			}
			const standby =
				end.type === 'ended' ? this.#old.takeStandby() : undefined;
			const next = this.#decisions.ended(held, end.outcome);
			if (standby) {
				this.#drop(held, end.outcome);
				this.#succeed(standby);
				held = standby;
				continue;
			}
			if (end.type === 'drain') {
				held.notice = end.outcome;
				this.#dispatch({ type: 'drain' });
				this.#startWait(next);
				this.#dropOnceEnded(held);
			} else {
				this.#startWait(next);
				this.#drop(held, end.outcome);
			}
			this.#announceRetry(end.outcome, next);
			if (end.type === 'leave') {
				await closeLink(held.link, 0);
			}
			throw new RoundEnded(end.outcome, next);
		}
	}

	async #tenureOf(held: Held, signal: AbortSignal): Promise<TenureEnd> {
		const watch = this.#decisions.watch(held);
		try {
			return await tenure(held, signal, {
				onHint: (hint) => {
					// While it drains, the wait for its successor runs.
					this.#replaceWait(this.#decisions.hinted(held, hint));
				},
				beside: async (over) =>
					await returnToPreferred(
						held,
						{
							decisions: this.#decisions,
							options: this.#options,
							attempt: async (choice, until) =>
								await this.#attempt(choice, until),
						},
						over,
					),
				interrupt: (end) => {
					this.#interrupt = end;
					// The configuration may have changed while this link was dialled.
					const outdated = this.#outdated(held);
					if (outdated) {
						end(outdated);
					}
				},
			});
		} finally {
			this.#interrupt = undefined;
			watch.release();
		}
	}

	// Which link is current.

	/** A link becomes the current one; the one before it, if it lives, is retired or kept as a standby. */
	#succeed(held: Held, standbyMs?: number): void {
		const before = this.#current;
		if (before) {
			this.#drop(before, before.notice ?? supersededBy(held));
			const graceMs =
				before.notice?.hint?.drainDeadlineMs ?? this.#options.retireGraceMs;
			if (standbyMs === undefined) {
				this.#old.retire(before, graceMs);
			} else {
				this.#old.standby(before, standbyMs, graceMs);
			}
		}
		this.counts.links++;
		this.#current = held;
		this.#decisions.up(held);
		this.#dispatch({ type: 'up', link: held.link });
		this.#emit('up', held.view);
	}

	/** A link is the current one no longer. */
	#drop(held: Held, ended: Outcome): void {
		if (this.#current !== held) {
			return;
		}
		this.#current = undefined;
		this.counts.lastOutcome = ended;
		this.#emit('down', {
			transport: held.link.transport,
			node: held.link.node,
			outcome: ended,
			lastedMs: this.#options.runtime.clock.monotonicMs() - held.upAtMs,
		});
	}

	/** A draining link may end before its successor is up. */
	#dropOnceEnded(held: Held): void {
		void held.link.ended.then(({ hint }) => {
			if (this.#current === held && !this.#abort.signal.aborted) {
				this.#dispatch({ type: 'ended' });
				this.#drop(held, held.notice!);
				// The last word may be that its successor shall come later.
				this.#replaceWait(hint && this.#decisions.hinted(held, hint));
			}
		});
	}

	/** Two openvpn processes must not share a tun: then the draining link has to go before the dial. */
	async #makeRoomFor(choice: Choice): Promise<void> {
		const held = this.#current;
		const apart =
			choice.transport.handover === 'break-before-make' ||
			(held && this.#decisions.handoverOf(held) === 'break-before-make');
		if (held && apart) {
			await closeLink(held.link, 0);
		}
	}

	// What is told.

	/** The one writer of the state. */
	#dispatch(event: StateEvent): void {
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

	#startWait(next: Wait): void {
		const untilMs = this.#options.runtime.clock.monotonicMs() + next.delayMs;
		this.#dispatch({ type: 'wait', wait: next, untilMs });
		debug('%s', next.reason);
	}

	#replaceWait(next: Wait | undefined): void {
		if (next && this.#pause.running) {
			this.#startWait(next);
			this.#pause.replace(next.delayMs);
		}
	}

	#announceRetry(ended: Outcome, next: Wait): void {
		this.counts.lastOutcome = ended;
		debug('%s: %s', ended.kind, ended.message);
		this.#emit('retry', {
			outcome: ended,
			law: next.law,
			delayMs: next.delayMs,
			at: Math.round(this.#options.runtime.clock.wallMs() + next.delayMs),
			hint: next.hint,
			windowMs: next.windowMs,
			reason: next.reason,
		});
	}

	/** A bug of ours broke the loop: what it held is let go, and it starts over after a rest. */
	async #recover(thrown: Error, restMs: number): Promise<void> {
		debug('the loop was broken: %o', thrown);
		const message = `The agent's loop was broken and starts over in ${restMs / 1000} s: ${thrown.message}`;
		const held = this.#current;
		this.#dispatch({ type: 'stop' });
		this.#startWait({ law: 'slow', delayMs: restMs, reason: message });
		if (held) {
			this.#drop(held, outcome('link-failed', message, { cause: thrown }));
			await closeLink(held.link, 0);
		}
		this.#emit(
			'warning',
			new CloudlinkError('ERR_CLOUDLINK_INTERNAL', message, { cause: thrown }),
		);
	}
}

const stoppedOutcome = (): Outcome =>
	outcome('stopped', 'The agent was stopped.');

const supersededBy = (held: Held): Outcome =>
	outcome(
		'superseded',
		`A link to ${held.link.node} over ${held.link.transport} takes its place.`,
	);
