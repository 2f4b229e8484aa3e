import type { Decision, Dial } from '../decisions/index.js';
import { outcome } from '../outcome.js';
import type { Wait } from '../pacing/index.js';
import type { Won } from './attempts.js';
import { debug } from './debug.js';
import { reviewLink } from './failback.js';
import { watchLink, type LifetimeEnd } from './link-lifetime.js';
import { closeLink, type Held } from './links.js';
import type { RunParts } from './run-parts.js';
import { chargeTraffic } from './traffic.js';

/** Ends that leave the agent without a link to go on with. */
type FinalEnd = Exclude<LifetimeEnd, { type: 'better' }>;

/** Holds the current link, and whichever takes its place. */
export class LinkHolder {
	readonly #parts: RunParts;
	/** Ends the lifetime of the current link from outside. */
	#interrupt: ((how: LifetimeEnd) => void) | undefined;
	/** The longer wait that a link asked for while it was closed. */
	#lastWord: Wait | undefined;

	constructor(parts: RunParts) {
		this.#parts = parts;
	}

	/** Ends the lifetime of the current link, if there is one. */
	interrupt(how: LifetimeEnd): void {
		this.#interrupt?.(how);
	}

	/** Makes another link, and then leaves the one that is there. */
	renew(reason: string): void {
		this.interrupt({
			type: 'leave',
			outcome: outcome('superseded', reason),
			serving: true,
		});
	}

	/** Resolves when another dial is needed, with the wait before it. */
	async hold(first: Won, signal: AbortSignal): Promise<Wait> {
		const { decider, current, announcer } = this.#parts;
		let { held } = first;
		let decision = this.#succeed(held, first.attempt.tookMs);
		for (;;) {
			const end = await this.#watch(held, decision, signal);
			if (end.type === 'better') {
				({ held } = this.#parts.attempts.settle(end));
				decision = this.#succeed(held, end.attempt?.tookMs);
				continue;
			}
			decision = decider.tell(eventOf(end));
			if (decision.takeOver) {
				current.drop(held, end.outcome);
				held = current.takeOver();
				announcer.up(held);
				continue;
			}
			return await this.#leave(held, end, decision.wait!);
		}
	}

	async #watch(
		held: Held,
		{ reviewInMs = 0, leave }: Decision,
		signal: AbortSignal,
	): Promise<LifetimeEnd> {
		const { decider, options, announcer, attempts, begin, resolve } =
			this.#parts;
		const traffic = chargeTraffic(held, decider, options());
		const { target } = held;
		const context = {
			decider,
			options: options(),
			attempt: async (plan: Dial, until: AbortSignal) =>
				await begin(plan, until).held,
			resolve,
			warn: announcer.warn,
		};
		try {
			return await watchLink(held, signal, {
				onHint: (hint) => {
					// While it drains, the wait for its successor runs.
					const event = { type: 'hint', node: target.node, hint } as const;
					debug('hint of %s: %o', held.link.node, hint);
					const decision = decider.tell(event);
					// A later word that asks for less takes nothing back.
					this.#lastWord = decision.wait ?? this.#lastWord;
					announcer.replaceWait(decision);
				},
				beside: async (until) =>
					await reviewLink(held, reviewInMs, context, until),
				interrupt: (end) => {
					this.#interrupt = end;
					void attempts.keptLink().then((won) => {
						end({ type: 'better', ...won });
					});
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
		const { decider, current, announcer } = this.#parts;
		current.replace(held, () => {
			decider.tell({ type: 'standby-ended' });
		});
		const { target, uuid } = held;
		const link = { target, peer: held.link.node, uuid, tookMs };
		const decision = decider.tell({ type: 'up', link });
		announcer.up(held);
		return decision;
	}

	/** The link is gone, or is left: what is left of it serves on where it may. */
	async #leave(held: Held, end: FinalEnd, next: Wait): Promise<Wait> {
		const { current, announcer } = this.#parts;
		const leaving = end.type === 'leave' && !end.serving;
		if (end.type === 'ended' || leaving) {
			announcer.startWait(next);
			current.drop(held, end.outcome);
		} else {
			held.notice = end.outcome;
			announcer.dispatch({ type: 'drain' });
			announcer.startWait(next);
			this.#dropOnceEnded(held);
		}
		announcer.retry(end.outcome, next);
		if (!leaving) {
			return next;
		}
		this.#lastWord = undefined;
		await closeLink(held.link, 0);
		const rest = this.#lastWord as Wait | undefined;
		if (rest === undefined) {
			return next;
		}
		announcer.startWait(rest);
		return rest;
	}

	/** A draining link may end before its successor is up. */
	#dropOnceEnded(held: Held): void {
		const { decider, current, announcer, stopping } = this.#parts;
		void held.link.ended.then((ended) => {
			if (current.held === held && !stopping.aborted) {
				announcer.dispatch({ type: 'ended' });
				current.drop(held, held.notice!);
				const event = { type: 'link-ended', outcome: ended } as const;
				announcer.replaceWait(decider.tell(event));
			}
		});
	}
}

function eventOf(end: FinalEnd) {
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
