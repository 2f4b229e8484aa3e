import { untilAffordableMs } from './budget.js';
import { withRunning, type PacingState } from './state.js';
import type { PacingContext, Paced, Wait } from './types.js';

/** No wait of whatever law is longer than this. */
const LONGEST_WAIT_MS = 24 * 3600_000;

/** A duration for people. */
export function seconds(ms: number): string {
	return `${Math.round(ms / 100) / 10} s`;
}

/** Two attempts are never closer than this, whatever happens in between; a bench with other spreads is quicker. */
const APART_MS = 1000;

/** The earliest moment of the next attempt, by when the last one began. */
export function nextAttemptMs({ attemptedMs, options }: PacingState): number {
	return attemptedMs === undefined
		? -Infinity
		: attemptedMs + Math.min(APART_MS, options.firstWindowMs);
}

/**
 * Turns what a law asks for into the wait that is kept: whole milliseconds, not before what a node said, not
 * before the budget allows it, not while the network is down, and never longer than the longest wait.
 */
export function settle(
	state: PacingState,
	asked: Wait,
	{ nowMs }: PacingContext,
): Paced {
	const { options, budget, episode, networkUp } = state;
	let { law, delayMs, reason } = asked;
	const floorMs = (episode?.notBeforeMs ?? nowMs) - nowMs;
	if (delayMs < floorMs) {
		delayMs = floorMs;
		reason = `${reason} Not before ${seconds(floorMs)}, as the node said.`;
	}
	delayMs = Math.max(delayMs, nextAttemptMs(state) - nowMs);
	const budgetMs = untilAffordableMs(budget, options, nowMs);
	if (delayMs < budgetMs) {
		law = 'budget';
		delayMs = budgetMs;
		reason = `The budget is used up; the next attempt can be paid in ${seconds(budgetMs)}.`;
	}
	const wait: Wait = {
		law,
		delayMs: Math.ceil(Math.min(delayMs, LONGEST_WAIT_MS)),
		windowMs: asked.windowMs,
		hint: asked.hint,
		reason,
	};
	const untilMs = nowMs + wait.delayMs;
	const settled = withRunning(state, { wait, untilMs });
	return networkUp
		? { state: settled, wait }
		: { state: settled, wait: offlineWait(settled, nowMs) };
}

/**
 * While the local network is down no attempt is spent. What says so may be wrong, so that one is made after
 * `offlineLongestMs` all the same; a longer wait that ran before is kept.
 */
export function offlineWait(state: PacingState, nowMs: number): Wait {
	const underlyingMs = (state.running?.untilMs ?? nowMs) - nowMs;
	const delayMs = Math.ceil(
		Math.max(underlyingMs, state.options.offlineLongestMs),
	);
	return {
		law: 'offline',
		delayMs,
		reason: `The local network is down: waits for it to come back, ${seconds(delayMs)} at most.`,
	};
}

/** What is left of the wait that is running. */
export function remaining(state: PacingState, nowMs: number): Wait | undefined {
	const { running } = state;
	return (
		running && {
			...running.wait,
			delayMs: Math.ceil(Math.max(0, running.untilMs - nowMs)),
		}
	);
}
