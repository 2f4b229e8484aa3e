import type { Outcome } from '../outcome.js';
import { crowded } from './crowded.js';
import { backoffMs } from './laws/backoff.js';
import { slowMs } from './laws/slow.js';
import { clampedMs } from './hints.js';
import { seconds, settle } from './settle.js';
import { newEpisode, type Episode, type PacingState } from './state.js';
import type { PacingContext, Paced } from './types.js';

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

/** The end of a long queue may lie as far off again by chance; a short one that does is a constant. */
const LONGEST_CONSTANT_MS = 120_000;

/**
 * A slot that was kept to and refused again was none. The same short one again gives a constant away; any
 * other may be the bad luck of a queue and is believed once more. Once given away, each refusal counts.
 */
function brokenBy(old: Episode, saidMs: number | undefined): number {
	if (old.brokenSlots >= 1) {
		return 1;
	}
	if (old.slotMs === 0) {
		return 0;
	}
	const same = saidMs === undefined || Math.abs(saidMs - old.slotMs) <= 1000;
	return same && old.slotMs <= LONGEST_CONSTANT_MS ? 1 : 0.5;
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
