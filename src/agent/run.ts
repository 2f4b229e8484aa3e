import { keepsPlace, type Dial } from '../decisions/index.js';
import { CloudlinkError } from '../errors.js';
import { outcome } from '../outcome.js';
import { Announcer } from './announcer.js';
import { askLink } from './ask-link.js';
import { Attempt } from './attempt.js';
import { Attempts } from './attempts.js';
import { CurrentLink, type Counts, type Emit } from './current-link.js';
import { Decider } from './decider.js';
import { outcomeOf } from './dial.js';
import { engageAll, releaseAll } from './engage.js';
import type { LinkView, NetworkChange, RetryNow } from './events.js';
import { LinkHolder } from './link-holder.js';
import { closeLink, type Held } from './links.js';
import { Loop } from './loop.js';
import type { ResolvedOptions } from './options.js';
import { Pause } from './pause.js';
import { pingLink, type Ping } from './ping.js';
import type { AgentState } from './state.js';

/**
 * Everything between one `start()` and its `stop()`: waits, dials, holds the link, and tells what happened. It
 * acts; what it does is decided by `decide`.
 */
export class Run {
	#options: ResolvedOptions;
	readonly #emit: Emit;
	readonly #decider: Decider;
	readonly #pause: Pause;
	readonly #current: CurrentLink;
	readonly #announcer: Announcer;
	readonly #attempts: Attempts;
	readonly #holder: LinkHolder;
	readonly #loop: Loop;
	readonly #abort = new AbortController();
	#done: Promise<void> = Promise.resolve();
	/** The link that is asked for a sign of life, and whether the network has changed again since. */
	#asked: { held: Held; again: boolean } | undefined;

	constructor(options: ResolvedOptions, emit: Emit) {
		const { clock } = options.runtime;
		this.#options = options;
		this.#emit = emit;
		this.#pause = new Pause(clock);
		this.#current = new CurrentLink(options, emit);
		const { counts } = this.#current;
		this.#announcer = new Announcer(emit, clock, this.#pause, counts);
		this.#decider = new Decider(options, this.#announcer.warn);
		const begin = this.#begin.bind(this);
		this.#attempts = new Attempts(begin, (...of) =>
			keepsPlace(this.#options.transports, ...of),
		);
		const parts = {
			options: () => this.#options,
			decider: this.#decider,
			pause: this.#pause,
			current: this.#current,
			announcer: this.#announcer,
			stopping: this.#abort.signal,
			attempts: this.#attempts,
			begin,
			resolve: this.#resolve.bind(this),
		};
		this.#holder = new LinkHolder(parts);
		this.#loop = new Loop(parts, this.#holder);
	}

	get state(): AgentState {
		return this.#announcer.state;
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
		engageAll(this.#options, this.#announcer.warn, () => {
			// Beside others, the next attempt might be another one's.
			if (this.#options.transports.length === 1) {
				const reason = 'There is a link already: it is taken over.';
				this.#announcer.replaceWait({
					wait: { law: 'spread', delayMs: 0, reason },
				});
			}
		});
		this.#announcer.startWait(first);
		this.#done = this.#loop.run(first);
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
		await this.#done;
		const { held } = this.#current;
		await Promise.all([
			held && closeLink(held.link, graceMs),
			this.#current.closeOld(graceMs),
		]);
		await releaseAll(this.#options, this.#announcer.warn);
		if (held) {
			const stopped = outcome('stopped', 'The agent was stopped.');
			this.#current.drop(held, held.notice ?? stopped);
		}
		this.#announcer.dispatch({ type: 'stop' });
		await this.#decider.close();
	}

	networkChanged({ up, id = 'default' }: NetworkChange): void {
		this.#announcer.replaceWait(
			this.#decider.tell({ type: 'network', up, id }),
		);
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
				this.#holder.interrupt(end);
			}
		}
		if (this.#asked === asked) {
			this.#asked = undefined;
		}
	}

	clockStepped(): void {
		this.#announcer.replaceWait(this.#decider.tell({ type: 'clock-step' }));
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
		this.#announcer.replaceWait(decision);
		return { ended: decision.wait !== undefined, reason: decision.why! };
	}

	/** Makes another link, and then leaves the one that is there. */
	renewLink(reason: string): void {
		this.#holder.renew(reason);
	}

	update(options: ResolvedOptions): void {
		this.#options = options;
		if (this.link) {
			// What is kept beside a link was begun with the old ones.
			this.#attempts.drop();
		}
		const decision = this.#decider.update(options);
		if (decision.leave) {
			this.#holder.interrupt({ type: 'leave', ...decision.leave });
		}
		this.#announcer.replaceWait(decision);
	}

	#begin(plan: Dial, signal: AbortSignal): Attempt {
		const { counts } = this.#current;
		const announced = { count: ++counts.attempts, ...plan.target };
		this.#emit('attempt', announced);
		const { warn } = this.#announcer;
		const attempt = new Attempt(plan, this.#options, signal, warn);
		void Promise.race([attempt.held, attempt.silent]).catch((thrown) => {
			if (!signal.aborted && !attempt.dropped) {
				const ended = this.#decider.word(outcomeOf(thrown));
				this.#emit('failed', { ...announced, outcome: ended });
			}
		});
		return attempt;
	}

	async #resolve(signal: AbortSignal): Promise<void> {
		const { nodes, nodeSource, runtime } = this.#options;
		const found = await nodeSource.lookUp(nodes, runtime.clock, signal);
		this.#decider.tell({ type: 'resolved', found });
	}
}
