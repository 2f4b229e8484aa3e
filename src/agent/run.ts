import type { Decision, Dial } from '../decisions/index.js';
import { CloudlinkError, toError } from '../errors.js';
import { outcome, type Outcome } from '../outcome.js';
import type { Wait } from '../pacing/index.js';
import { askLink } from './ask-link.js';
import { CurrentLink, type Counts, type Emit } from './current-link.js';
import { debug } from './debug.js';
import { Decider } from './decider.js';
import { Attempt } from './attempt.js';
import { Attempts, type Won } from './attempts.js';
import { follow } from './deadline.js';
import { outcomeOf } from './dial.js';
import { engageAll, releaseAll } from './engage.js';
import type { LinkView, NetworkChange, RetryNow } from './events.js';
import { reviewLink } from './failback.js';
import { watchLink, type LifetimeEnd } from './link-lifetime.js';
import { closeLink, type Held } from './links.js';
import { lookUp } from './look-up.js';
import type { ResolvedOptions } from './options.js';
import { Pause } from './pause.js';
import { pingLink, type Ping } from './ping.js';
import { transition, type AgentState, type StateEvent } from './state.js';
import { chargeTraffic } from './traffic.js';

/** How long the loop rests if a bug of ours broke it: it must neither end nor spin. */
const BROKEN_LOOP_REST_MS = 60_000;

/**
 * Everything between one `start()` and its `stop()`: waits, dials, holds the link, and tells what happened. It
 * acts; what it does is decided by `decide`.
 */
export class Run {
	#state: AgentState = { name: 'stopped' };
	#options: ResolvedOptions;
	readonly #emit: Emit;
	readonly #decider: Decider;
	readonly #pause: Pause;
	readonly #current: CurrentLink;
	readonly #attempts: Attempts;
	readonly #abort = new AbortController();
	/** Ends the lifetime of the current link from outside. */
	#interrupt: ((how: LifetimeEnd) => void) | undefined;
	#loop: Promise<void> = Promise.resolve();
	/** The link that is asked for a sign of life, and whether the network has changed again since. */
	#asked: { held: Held; again: boolean } | undefined;

	constructor(options: ResolvedOptions, emit: Emit) {
		this.#options = options;
		this.#emit = emit;
		this.#decider = new Decider(options, this.#warn);
		this.#pause = new Pause(options.runtime.clock);
		this.#current = new CurrentLink(options, emit);
		this.#attempts = new Attempts(this.#begin.bind(this));
	}

	get state(): AgentState {
		return this.#state;
	}

	get link(): LinkView | undefined {
		return this.#current.held?.view;
	}

	get counts(): Readonly<Counts> {
		return this.#current.counts;
	}

	get stopping(): boolean {
		return this.#abort.signal.aborted;
	}

	async start(): Promise<void> {
		const first = await this.#decider.start();
		engageAll(this.#options, this.#warn, () => {
			// Beside others, the next attempt might be another one's.
			if (this.#options.transports.length === 1) {
				const reason = 'There is a link already: it is taken over.';
				this.#replaceWait({ wait: { law: 'spread', delayMs: 0, reason } });
			}
		});
		this.#startWait(first);
		this.#loop = this.#run(first);
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
		this.#attempts.drop();
		const { held } = this.#current;
		await Promise.all([
			held && closeLink(held.link, graceMs),
			this.#current.closeOld(graceMs),
		]);
		await releaseAll(this.#options, this.#warn);
		if (held) {
			this.#current.drop(held, held.notice ?? stoppedOutcome());
		}
		this.#dispatch({ type: 'stop' });
		await this.#decider.close();
	}

	networkChanged({ up, id = 'default' }: NetworkChange): void {
		this.#replaceWait(this.#decider.tell({ type: 'network', up, id }));
		const { held } = this.#current;
		// While the network is away no link could answer, and one that lives may outlast it.
		if (up && held && held.notice === undefined) {
			void this.#ask(held);
		}
	}

	async #ask(held: Held): Promise<void> {
		if (this.#asked?.held === held) {
			this.#asked.again = true;
			return;
		}
		const asked = { held, again: true };
		this.#asked = asked;
		while (asked.again) {
			asked.again = false;
			const end = await askLink(held);
			if (end && this.#current.held === held && !held.over) {
				asked.again = false;
				this.#interrupt?.(end);
			}
		}
		if (this.#asked === asked) {
			this.#asked = undefined;
		}
	}

	clockStepped(): void {
		this.#replaceWait(this.#decider.tell({ type: 'clock-step' }));
	}

	async ping(deadlineMs: number): Promise<Ping> {
		const { clock } = this.#options.runtime;
		return await pingLink(this.#current.held?.link, clock, deadlineMs);
	}

	/** Ends a wait that no node asked for; says why, or why not. */
	retryNow(): RetryNow {
		if (!this.#pause.running) {
			return { ended: false, reason: 'No wait is running.' };
		}
		const decision = this.#decider.tell({ type: 'retry-now' });
		this.#replaceWait(decision);
		return { ended: decision.wait !== undefined, reason: decision.why! };
	}

	/** Makes another link, and then leaves the one that is there. */
	renewLink(reason: string): void {
		this.#interrupt?.({
			type: 'leave',
			outcome: outcome('superseded', reason),
			serving: true,
		});
	}

	update(options: ResolvedOptions): void {
		this.#options = options;
		const decision = this.#decider.update(options);
		if (decision.leave) {
			this.#interrupt?.({ type: 'leave', ...decision.leave });
		}
		this.#replaceWait(decision);
	}

	// The loop.

	async #run(first: Wait): Promise<void> {
		const { signal } = this.#abort;
		let restMs = first.delayMs;
		while (!signal.aborted) {
			try {
				const won = await this.#rest(restMs, signal);
				const next = won
					? await this.#holdLink(won, signal)
					: await this.#round(signal);
				restMs = next.delayMs;
			} catch (thrown) {
				if (!signal.aborted) {
					restMs = BROKEN_LOOP_REST_MS;
					await this.#recover(toError(thrown), restMs);
				}
			}
		}
	}

	/** Waits; resolves early where a silent attempt that was kept makes a link after all. */
	async #rest(delayMs: number, signal: AbortSignal): Promise<Won | undefined> {
		const until = follow(signal);
		try {
			const won = await Promise.race([
				this.#pause.run(delayMs, until.signal).then(() => undefined),
				this.#attempts.keptLink(),
			]);
			return won && this.#attempts.settle(won);
		} finally {
			until.release();
			until.abort(new Error('The wait is over.'));
		}
	}

	/** One dial and, if it succeeds, all until another dial is needed. Resolves with the wait before that. */
	async #round(signal: AbortSignal): Promise<Wait> {
		const plan = await this.#nextDial(signal);
		const before = this.#current.held;
		if (before && plan.handover === 'break-before-make') {
			// Two openvpn processes must not share a tun: the draining link has to go before the dial.
			await closeLink(before.link, 0);
		}
		this.#dispatch({ type: 'dial', target: plan.target });
		const { clock } = this.#options.runtime;
		const beganMs = clock.monotonicMs();
		let won: Won;
		try {
			won = await this.#attempts.make(plan, signal);
		} catch (thrown) {
			signal.throwIfAborted();
			const ended = this.#decider.word(outcomeOf(thrown));
			const event = {
				type: 'attempt-failed',
				dial: plan,
				outcome: ended,
				tookMs: clock.monotonicMs() - beganMs,
			} as const;
			return this.#waitAfter(ended, this.#decider.tell(event).wait!);
		}
		return await this.#holdLink(won, signal);
	}

	async #nextDial(signal: AbortSignal): Promise<Dial> {
		const first = this.#decider.tell({ type: 'due' });
		if (!first.resolve) {
			return first.dial!;
		}
		await lookUp(this.#decider, this.#options, signal);
		return this.#decider.tell({ type: 'due' }).dial!;
	}

	#begin(plan: Dial, signal: AbortSignal): Attempt {
		const { counts } = this.#current;
		const announced = { count: ++counts.attempts, ...plan.target };
		this.#emit('attempt', announced);
		const attempt = new Attempt(plan, this.#options, signal, this.#warn);
		void Promise.race([attempt.held, attempt.silent]).catch((thrown) => {
			if (!signal.aborted && !attempt.dropped) {
				const ended = this.#decider.word(outcomeOf(thrown));
				this.#emit('failed', { ...announced, outcome: ended });
			}
		});
		return attempt;
	}

	/** Holds a link, and whichever takes its place, until another dial is needed. */
	async #holdLink(first: Won, signal: AbortSignal): Promise<Wait> {
		let { held } = first;
		let decision = this.#succeed(held, first.attempt.tookMs);
		for (;;) {
			const end = await this.#watch(held, decision, signal);
			if (end.type === 'better') {
				({ held } = end);
				decision = this.#succeed(held);
				continue;
			}
			decision = this.#decider.tell(eventOf(end));
			if (decision.takeOver) {
				this.#current.drop(held, end.outcome);
				held = this.#current.takeOver();
				this.#announceUp(held);
				continue;
			}
			return await this.#leaveLink(held, end, decision.wait!);
		}
	}

	async #watch(
		held: Held,
		{ reviewInMs = 0, leave }: Decision,
		signal: AbortSignal,
	): Promise<LifetimeEnd> {
		const traffic = chargeTraffic(held, this.#decider, this.#options);
		const { target } = held;
		const context = {
			decider: this.#decider,
			options: this.#options,
			attempt: async (plan: Dial, until: AbortSignal) =>
				await this.#begin(plan, until).held,
			warn: this.#warn,
		};
		try {
			return await watchLink(held, signal, {
				onHint: (hint) => {
					// While it drains, the wait for its successor runs.
					const event = { type: 'hint', node: target.node, hint } as const;
					debug('hint of %s: %o', held.link.node, hint);
					this.#replaceWait(this.#decider.tell(event));
				},
				beside: async (until) =>
					await reviewLink(held, reviewInMs, context, until),
				interrupt: (end) => {
					this.#interrupt = end;
					if (leave) {
						end({ type: 'leave', ...leave });
					}
				},
			});
		} finally {
			this.#interrupt = undefined;
			traffic.release();
		}
	}

	#succeed(held: Held, tookMs?: number): Decision {
		this.#current.replace(held, () => {
			this.#decider.tell({ type: 'standby-ended' });
		});
		const { target, uuid } = held;
		const link = { target, peer: held.link.node, uuid, tookMs };
		const decision = this.#decider.tell({ type: 'up', link });
		this.#announceUp(held);
		return decision;
	}

	/** The link is gone, or is left: what is left of it serves on where it may. */
	async #leaveLink(
		held: Held,
		end: Exclude<LifetimeEnd, { type: 'better' }>,
		next: Wait,
	): Promise<Wait> {
		const leaving = end.type === 'leave' && !end.serving;
		if (end.type === 'ended' || leaving) {
			this.#startWait(next);
			this.#current.drop(held, end.outcome);
		} else {
			held.notice = end.outcome;
			this.#dispatch({ type: 'drain' });
			this.#startWait(next);
			this.#dropOnceEnded(held);
		}
		this.#announceRetry(end.outcome, next);
		if (leaving) {
			await closeLink(held.link, 0);
		}
		return next;
	}

	/** A draining link may end before its successor is up. */
	#dropOnceEnded(held: Held): void {
		void held.link.ended.then((ended) => {
			if (this.#current.held === held && !this.stopping) {
				this.#dispatch({ type: 'ended' });
				this.#current.drop(held, held.notice!);
				const event = { type: 'link-ended', outcome: ended } as const;
				this.#replaceWait(this.#decider.tell(event));
			}
		});
	}

	// What is announced.

	readonly #warn = (warning: CloudlinkError): void => {
		this.#emit('warning', warning);
	};

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

	#announceUp(held: Held): void {
		this.#dispatch({ type: 'up', link: held.link });
		this.#emit('up', held.view);
	}

	#startWait(next: Wait): void {
		const untilMs = this.#options.runtime.clock.monotonicMs() + next.delayMs;
		this.#dispatch({ type: 'wait', wait: next, untilMs });
		debug('%s', next.reason);
	}

	#replaceWait({ wait }: Pick<Decision, 'wait'>): void {
		if (wait && this.#pause.running) {
			this.#startWait(wait);
			this.#pause.replace(wait.delayMs);
		}
	}

	#waitAfter(ended: Outcome, next: Wait): Wait {
		this.#startWait(next);
		this.#announceRetry(ended, next);
		return next;
	}

	#announceRetry(ended: Outcome, next: Wait): void {
		this.#current.counts.lastOutcome = ended;
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
		const { held } = this.#current;
		this.#dispatch({ type: 'stop' });
		this.#startWait({ law: 'slow', delayMs: restMs, reason: message });
		if (held) {
			const ended = outcome('link-failed', message, { cause: thrown });
			this.#current.drop(held, ended);
			await closeLink(held.link, 0);
			try {
				this.#decider.tell({ type: 'link-ended', outcome: ended });
			} catch (again) {
				debug('and it does not take the end of its link: %o', again);
			}
		}
		this.#emit(
			'warning',
			new CloudlinkError('ERR_CLOUDLINK_INTERNAL', message, { cause: thrown }),
		);
	}
}

function eventOf(end: Exclude<LifetimeEnd, { type: 'better' }>) {
	switch (end.type) {
		case 'ended':
			return { type: 'link-ended', outcome: end.outcome } as const;
		case 'draining':
			return { type: 'link-draining', outcome: end.outcome } as const;
		case 'leave': {
			const { outcome: left, serving } = end;
			return { type: 'link-left', outcome: left, serving } as const;
		}
	}
}

const stoppedOutcome = (): Outcome =>
	outcome('stopped', 'The agent was stopped.');
