import type { Dial } from '../decisions/index.js';
import type { CloudlinkError } from '../errors.js';
import { outcome } from '../outcome.js';
import { wait } from '../runtime/index.js';
import { debug } from './debug.js';
import type { Decider } from './decider.js';
import { outcomeOf, probe } from './dial.js';
import type { LifetimeEnd } from './link-lifetime.js';
import type { Held } from './links.js';
import type { ResolvedOptions } from './options.js';
import { waitForQuiet } from './quiet.js';

/** What a failback needs of the run that it serves. */
export interface FailbackContext {
	readonly decider: Decider;
	readonly options: ResolvedOptions;
	/** Makes one attempt, counted and announced like every other. */
	attempt(dial: Dial, signal: AbortSignal): Promise<Held>;
	/** Looks names up, and tells what was found. */
	resolve(signal: AbortSignal): Promise<void>;
	warn(warning: CloudlinkError): void;
}

/**
 * Reviews the current link whenever that is due and, where there is a better one to be had, tries it beside the
 * live link. A failed try leaves the live link as it is. Resolves with undefined when the signal ends it; never
 * rejects.
 */
export async function reviewLink(
	held: Held,
	firstInMs: number,
	context: FailbackContext,
	signal: AbortSignal,
): Promise<LifetimeEnd | undefined> {
	const { decider, options } = context;
	const { clock } = options.runtime;
	let inMs = firstInMs;
	try {
		for (;;) {
			await wait(clock, inMs, signal);
			const { dial, resolve, reviewInMs } = decider.tell({ type: 'review' });
			if (resolve) {
				await context.resolve(signal);
				inMs = 0;
				continue;
			}
			if (dial === undefined) {
				inMs = reviewInMs!;
				continue;
			}
			try {
				return await tryBetter(held, dial, context, signal);
			} catch (thrown) {
				const ended = outcomeOf(thrown);
				// In the very moment that the link is left the node may still have said when to come back, which holds all the same.
				if (ended.hint === undefined) {
					signal.throwIfAborted();
				}
				debug(
					'failback to %s over %s failed: %s',
					dial.target.node,
					dial.target.transport,
					ended.message,
				);
				const failed = decider.tell({
					type: 'attempt-failed',
					dial,
					outcome: ended,
				});
				signal.throwIfAborted();
				inMs = failed.reviewInMs!;
			}
		}
	} catch (thrown) {
		if (!signal.aborted) {
			debug('failback given up: %o', thrown);
		}
		return undefined;
	}
}

async function tryBetter(
	held: Held,
	dial: Dial,
	{ decider, options, attempt, warn }: FailbackContext,
	signal: AbortSignal,
): Promise<LifetimeEnd> {
	if (dial.handover === 'make-before-break') {
		return { type: 'better', held: await attempt(dial, signal) };
	}
	await probe(dial, options, signal, warn);
	await waitForQuiet(held, options.runtime.clock, signal);
	decider.tell({ type: 'failback-open', dial });
	const message = `The preferred transport ${dial.target.transport} works again.`;
	return {
		type: 'leave',
		outcome: outcome('superseded', message),
		serving: false,
	};
}
