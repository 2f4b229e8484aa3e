import type { Dial } from '../decisions/index.js';
import { CloudlinkError, toError } from '../errors.js';
import { outcome } from '../outcome.js';
import type { Wait } from '../pacing/index.js';
import type { Won } from './attempts.js';
import { debug } from './debug.js';
import { follow } from './deadline.js';
import { outcomeOf } from './dial.js';
import type { LinkHolder } from './link-holder.js';
import { closeLink } from './links.js';
import type { RunParts } from './run-parts.js';

/** How long the loop rests if a bug of ours broke it: it must neither end nor spin. */
const BROKEN_LOOP_REST_MS = 60_000;

/** Waits, dials and holds the link, again and again until the run is to stop. */
export class Loop {
	readonly #parts: RunParts;
	readonly #holder: LinkHolder;

	constructor(parts: RunParts, holder: LinkHolder) {
		this.#parts = parts;
		this.#holder = holder;
	}

	/** Resolves when the run is to stop; never rejects. */
	async run(first: Wait): Promise<void> {
		const signal = this.#parts.stopping;
		let restMs = first.delayMs;
		while (!signal.aborted) {
			try {
				const won = await this.#rest(restMs, signal);
				const next = won
					? await this.#holder.hold(won, signal)
					: await this.#round(signal);
				restMs = next.delayMs;
			} catch (thrown) {
				if (!signal.aborted) {
					restMs = BROKEN_LOOP_REST_MS;
					await this.#recover(toError(thrown), restMs);
				}
			}
		}
		this.#parts.attempts.drop();
	}

	/** Waits; resolves early where a silent attempt that was kept makes a link after all. */
	async #rest(delayMs: number, signal: AbortSignal): Promise<Won | undefined> {
		const until = follow(signal);
		try {
			const won = await Promise.race([
				this.#parts.pause.run(delayMs, until.signal).then(() => undefined),
				this.#parts.attempts.keptLink(),
			]);
			return won && this.#parts.attempts.settle(won);
		} finally {
			until.release();
			until.abort(new Error('The wait is over.'));
		}
	}

	/** One dial and, if it succeeds, all until another dial is needed. Resolves with the wait before that. */
	async #round(signal: AbortSignal): Promise<Wait> {
		const { decider, current, announcer } = this.#parts;
		const plan = await this.#nextDial(signal);
		const before = current.held;
		if (before && plan.handover === 'break-before-make') {
			// Two openvpn processes must not share a tun: the draining link has to go before the dial.
			await closeLink(before.link, 0);
		}
		announcer.dispatch({ type: 'dial', target: plan.target });
		const { clock } = this.#parts.options().runtime;
		const beganMs = clock.monotonicMs();
		let won: Won;
		try {
			won = await this.#parts.attempts.make(plan, signal);
		} catch (thrown) {
			signal.throwIfAborted();
			const ended = decider.word(outcomeOf(thrown));
			const next = decider.tell({
				type: 'attempt-failed',
				dial: plan,
				outcome: ended,
				tookMs: clock.monotonicMs() - beganMs,
			}).wait!;
			announcer.startWait(next);
			announcer.retry(ended, next);
			return next;
		}
		return await this.#holder.hold(won, signal);
	}

	async #nextDial(signal: AbortSignal): Promise<Dial> {
		const { decider, resolve } = this.#parts;
		const first = decider.tell({ type: 'due' });
		if (!first.resolve) {
			return first.dial!;
		}
		await resolve(signal);
		return decider.tell({ type: 'due' }).dial!;
	}

	/** A bug of ours broke the loop: what it held is let go, and it starts over after a rest. */
	async #recover(thrown: Error, restMs: number): Promise<void> {
		debug('the loop was broken: %o', thrown);
		const message = `The agent's loop was broken and starts over in ${restMs / 1000} s: ${thrown.message}`;
		const { decider, current, announcer } = this.#parts;
		const { held } = current;
		announcer.dispatch({ type: 'stop' });
		announcer.startWait({ law: 'slow', delayMs: restMs, reason: message });
		if (held) {
			const ended = outcome('link-failed', message, { cause: thrown });
			current.drop(held, ended);
			await closeLink(held.link, 0);
			try {
				decider.tell({ type: 'link-ended', outcome: ended });
			} catch (again) {
				debug('and it does not take the end of its link: %o', again);
			}
		}
		announcer.warn(
			new CloudlinkError('ERR_CLOUDLINK_INTERNAL', message, { cause: thrown }),
		);
	}
}
