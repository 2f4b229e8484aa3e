import { outcome, type Outcome } from '../outcome.js';
import { wait } from '../runtime/index.js';
import { debug } from './debug.js';
import type { Choice, Decisions, Return } from './decisions.js';
import { outcomeOf, probe } from './dial.js';
import type { Held } from './links.js';
import type { ResolvedOptions } from './options.js';
import type { TenureEnd } from './tenure.js';

/** A link counts as quiet when it moves less than this in {@link QUIET_CHECK_MS}. */
const QUIET_BYTES = 4_096;
const QUIET_CHECK_MS = 10_000;
/** There may never be a quiet time; then the move is made all the same. */
const QUIET_PATIENCE_MS = 600_000;

const superseded = (choice: Choice): Outcome =>
	outcome(
		'superseded',
		`The preferred transport ${choice.target.transport} works again.`,
	);

/** Waits until hardly anything moves through the link, for a limited time. */
async function quietTime(
	held: Held,
	options: ResolvedOptions,
	signal: AbortSignal,
): Promise<void> {
	const moved = () => {
		const { bytesIn, bytesOut } = held.link.stats();
		return bytesIn + bytesOut;
	};
	const checks = QUIET_PATIENCE_MS / QUIET_CHECK_MS;
	for (let check = 0, before = moved(); check < checks; check++) {
		await wait(options.runtime.clock, QUIET_CHECK_MS, signal);
		const now = moved();
		if (now - before < QUIET_BYTES && held.link.stats().openStreams === 0) {
			return;
		}
		before = now;
	}
}

/** What returning needs of the run that it serves. */
export interface ReturnContext {
	readonly decisions: Decisions;
	readonly options: ResolvedOptions;
	/** Makes one attempt, counted and announced like every other. */
	attempt(choice: Choice, signal: AbortSignal): Promise<Held>;
}

/** Not every failure pushes the next try off by itself: a missing key is no node's fault, for one. */
const BETWEEN_TRIES_MS = { home: 60_000, transport: 1_000 };

/** How often to look again where nothing was better: configuration, hints and penalties change. */
const LOOK_AGAIN_MS = 900_000;

/**
 * While a link is up that is not the best there could be (over a less preferred transport, or to another node
 * than the device's home): tries the better one when it is due, beside the live link. A failed try leaves
 * the live link as it is. Resolves with undefined when the signal ends it; never rejects.
 */
export async function returnToPreferred(
	held: Held,
	context: ReturnContext,
	signal: AbortSignal,
): Promise<TenureEnd | undefined> {
	const { decisions, options } = context;
	const { clock } = options.runtime;
	const stableInMs =
		held.upAtMs + options.pacing.stableAfterMs - clock.monotonicMs();
	// Whether there is a home to go to is known once the link is stable.
	let lookAgainMs = stableInMs > 0 ? stableInMs : LOOK_AGAIN_MS;
	try {
		for (;;) {
			const due = decisions.nextReturn(held);
			if (due === undefined || due.inMs > lookAgainMs) {
				await wait(clock, lookAgainMs, signal);
				lookAgainMs = LOOK_AGAIN_MS;
				continue;
			}
			await wait(clock, due.inMs, signal);
			const choice = await decisions.chooseReturn(due, signal);
			try {
				return await tryOnce(held, due, choice, context, signal);
			} catch (thrown) {
				signal.throwIfAborted();
				const ended = outcomeOf(thrown);
				debug(
					'return to %s over %s failed: %s',
					choice.target.node,
					choice.target.transport,
					ended.message,
				);
				decisions.returned(held, due, choice, ended);
				await wait(
					clock,
					BETWEEN_TRIES_MS[due.home ? 'home' : 'transport'],
					signal,
				);
			}
		}
	} catch (thrown) {
		if (!signal.aborted) {
			debug('return given up: %o', thrown);
		}
		return undefined;
	}
}

async function tryOnce(
	held: Held,
	due: Return,
	choice: Choice,
	{ decisions, options, attempt }: ReturnContext,
	signal: AbortSignal,
): Promise<TenureEnd> {
	const apart =
		choice.transport.handover === 'break-before-make' ||
		decisions.handoverOf(held) === 'break-before-make';
	if (apart) {
		await probe(choice, options, signal);
		await quietTime(held, options, signal);
		decisions.returned(held, due, choice, undefined);
		return { type: 'leave', outcome: superseded(choice) };
	}
	const better = await attempt(choice, signal);
	decisions.returned(held, due, choice, undefined);
	return { type: 'better', held: better };
}
