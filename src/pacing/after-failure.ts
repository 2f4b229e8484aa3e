import type { Outcome } from '../outcome.js';
import { backoffMs } from './laws/backoff.js';
import { nextTurn } from './laws/congestion.js';
import { memoryTurnMs } from './laws/memory.js';
import { slowMs } from './laws/slow.js';
import { clampedMs } from './hints.js';
import { seconds, settle } from './settle.js';
import { newEpisode, type Episode, type PacingState } from './state.js';
import type { PacingContext, Paced, Wait } from './types.js';

/** An attempt failed: the wait before the next one. */
export function afterFailure(
	state: PacingState,
	outcome: Outcome,
	context: PacingContext,
): Paced {
	const { options } = state;
	const { nowMs } = context;
	const old = state.episode ?? newEpisode(nowMs);
	const retryAfterMs = clampedMs(outcome.hint?.retryAfterMs, options);
	const episode: Episode = {
		...old,
		clockWrong: outcome.code === 'clock-wrong',
		notBeforeMs: Math.max(old.notBeforeMs, nowMs + (retryAfterMs ?? 0)),
	};
	const down: PacingState = { ...state, upSinceMs: undefined, episode };
	switch (outcome.kind) {
		case 'unreachable':
			return unreachable(down, context);
		case 'throttled':
		case 'overloaded':
			return congested(down, outcome, retryAfterMs, context);
		default:
			return refused(down, context);
	}
}

function unreachable(state: PacingState, context: PacingContext): Paced {
	const failures = state.episode!.unreachable + 1;
	const episode = { ...state.episode!, unreachable: failures };
	// Counted from when the attempt began, so that one that times out does not make the period longer.
	const spentMs = context.nowMs - episode.attemptMs;
	const { delayMs, windowMs } = backoffMs(
		state.options,
		failures,
		state.known.phase,
		episode.attemptMs - episode.sinceMs,
		context.random(),
	);
	return settle(
		{ ...state, episode },
		{
			law: 'backoff',
			delayMs: Math.max(delayMs / 2, delayMs - spentMs),
			windowMs,
			reason: `Unreachable ${failures} times in a row: waits about ${seconds(windowMs)}.`,
		},
		context,
	);
}

function refused(state: PacingState, context: PacingContext): Paced {
	const times = state.episode!.refused + 1;
	const episode = { ...state.episode!, refused: times };
	const { delayMs, windowMs } = slowMs(state.options, times, context.random());
	return settle(
		{ ...state, episode },
		{
			law: 'slow',
			delayMs,
			windowMs,
			reason: `Not let in ${times} times in a row: waits up to ${seconds(windowMs)}.`,
		},
		context,
	);
}

function congested(
	state: PacingState,
	outcome: Outcome,
	retryAfterMs: number | undefined,
	context: PacingContext,
): Paced {
	const old = state.episode!;
	const episode: Episode = {
		...old,
		unreachable: 0,
		refusals: old.refusals + 1,
		congestedSinceMs:
			old.congestedSinceMs ??
			(old.unreachable > 0 ? old.attemptMs : old.sinceMs),
		brokenSlots: old.brokenSlots + brokenBy(old, retryAfterMs),
		slotMs: 0,
	};
	if (retryAfterMs !== undefined && episode.brokenSlots < 1) {
		return slot(
			{ ...state, episode: { ...episode, slotMs: retryAfterMs } },
			outcome,
			retryAfterMs,
			context,
		);
	}
	return settle(
		{ ...state, episode },
		{ ...crowded(state, episode, context), hint: outcome.hint },
		context,
	);
}

/** A slot that was kept to and refused again was none: a constant looks like one on the wire. */
function brokenBy(old: Episode, saidMs: number | undefined): number {
	if (old.slotMs === 0) {
		return 0;
	}
	const same = saidMs === undefined || Math.abs(saidMs - old.slotMs) <= 1000;
	return same ? 1 : 0.5;
}

function slot(
	state: PacingState,
	outcome: Outcome,
	retryAfterMs: number,
	context: PacingContext,
): Paced {
	return settle(
		state,
		{
			law: 'slot',
			delayMs: retryAfterMs + state.options.slotJitterMs * context.random(),
			hint: outcome.hint,
			reason: `The node gave a place in ${seconds(retryAfterMs)}, which is kept to.`,
		},
		context,
	);
}

function crowded(
	state: PacingState,
	episode: Episode,
	context: PacingContext,
): Wait {
	const { options, known } = state;
	const { nowMs, random } = context;
	const sinceMs = episode.congestedSinceMs!;
	const earliestMs = Math.max(nowMs + 1000, episode.notBeforeMs) - sinceMs;
	const elapsedMs = nowMs - sinceMs;
	const endMs = episode.windowMs * options.windowRetryEnd;
	if (earliestMs < endMs) {
		const leftMs = endMs - earliestMs;
		return {
			law: 'window',
			delayMs: earliestMs - elapsedMs + leftMs * random(),
			windowMs: leftMs,
			reason: `Refused inside the told window: uniform over the ${seconds(leftMs)} that are left of it.`,
		};
	}
	if (known.recoveryMs > 0 && episode.windowMs === 0) {
		const atMs = memoryTurnMs(
			options,
			known.recoveryMs,
			episode.refusals,
			earliestMs,
			random(),
		);
		return {
			law: 'memory',
			delayMs: atMs - elapsedMs,
			reason: `Refused ${seconds(elapsedMs)} into the congestion; in the last herd this device was let in after ${seconds(known.recoveryMs)}.`,
		};
	}
	const turn = nextTurn(options, known.phase, earliestMs);
	return {
		law: 'congestion',
		delayMs: turn.atMs - elapsedMs,
		windowMs: turn.windowMs,
		reason: `Refused ${seconds(elapsedMs)} into the congestion: the next turn of this device, in a window of ${seconds(turn.windowMs)}.`,
	};
}
