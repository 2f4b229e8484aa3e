import type { Outcome } from '../outcome.js';
import { backoffMs } from './laws/backoff.js';
import { clampedMs } from './hints.js';
import { remaining, seconds, settle } from './settle.js';
import { episodeAfterStable } from './stable.js';
import { newEpisode, type Episode, type PacingState } from './state.js';
import type { PacingContext, Paced, Wait } from './types.js';

/** A link ended or was told to go: the wait before its successor is dialled. */
export function afterLoss(
	state: PacingState,
	outcome: Outcome,
	context: PacingContext,
): Paced {
	const { nowMs } = context;
	const { upSinceMs, running } = state;
	if (upSinceMs === undefined && running !== undefined) {
		// The old link of a drain ended while its successor is under way: the wait for that one goes on.
		return { state, wait: remaining(state, nowMs) };
	}
	const upForMs = nowMs - (upSinceMs ?? nowMs);
	const stable = upForMs >= state.options.stableAfterMs;
	const episode = stable
		? {
				...episodeAfterStable(state, upForMs, nowMs),
				windowMs: state.known.windowMs,
			}
		: youngEpisode(state, nowMs);
	const down: PacingState = { ...state, upSinceMs: undefined, episode };
	return stable || episode.attempts === 0 || outcome.kind === 'drained'
		? settleFirst(down, outcome, context)
		: unstable(down, outcome, context);
}

/**
 * The link was let in, so what was known of the trouble before it (the node was out of reach, places that were
 * kept to, refusals) no longer counts. That it went so soon does, and how often in a row that was so.
 */
function youngEpisode({ episode, known }: PacingState, nowMs: number): Episode {
	return {
		...newEpisode(nowMs),
		notBeforeMs: Math.max(nowMs, episode?.notBeforeMs ?? nowMs),
		windowMs: known.windowMs,
		attempts: episode?.attempts ?? 0,
		flaps: episode?.flaps ?? 0,
		refused: episode?.refused ?? 0,
	};
}

function settleFirst(
	state: PacingState,
	outcome: Outcome,
	context: PacingContext,
): Paced {
	const { options, known } = state;
	const { hint } = outcome;
	const earliestMs = leastMs(state, outcome, context.nowMs);
	const windowMs = firstWindowMs(state, outcome);
	const lead = known.windowMs > 0 ? options.windowLead : 0;
	const asked: Wait = {
		law: 'window',
		delayMs: earliestMs + windowMs * (lead + (1 - lead) * context.random()),
		windowMs,
		hint,
		reason:
			known.windowMs > 0
				? `Uniform over ${seconds(windowMs)}: the node's population needs ${seconds(known.windowMs)} to come back.`
				: `Uniform over ${seconds(windowMs)}: the first attempt of this episode, and no window was told.`,
	};
	const episode = {
		...state.episode!,
		notBeforeMs: context.nowMs + earliestMs,
	};
	return settle({ ...state, episode }, asked, context);
}

/** What the node asked for at least, and after a silent loss the time that it may hold the old session. */
function leastMs(
	{ options, episode }: PacingState,
	outcome: Outcome,
	nowMs: number,
): number {
	return Math.max(
		(episode?.notBeforeMs ?? nowMs) - nowMs,
		clampedMs(outcome.hint?.retryAfterMs, options) ?? 0,
		outcome.code === 'link-silent' ? options.oldSessionMs : 0,
	);
}

function firstWindowMs(state: PacingState, outcome: Outcome): number {
	const { options, known } = state;
	const told = known.windowMs * options.windowStretch;
	const deadlineMs = outcome.hint?.drainDeadlineMs;
	if (outcome.kind === 'drained' && deadlineMs !== undefined) {
		// The old link serves on meanwhile: to spread over the time it has left costs nothing.
		const left = deadlineMs * options.drainShare;
		return told > 0 ? Math.min(told, left) : left;
	}
	return told > 0 ? told : options.firstWindowMs;
}

/**
 * A link that comes up and goes again is no success: the waits grow as if the attempt had failed. The first
 * time a told window is kept to all the same, since a node may well go down when its links are young.
 */
function unstable(
	state: PacingState,
	outcome: Outcome,
	context: PacingContext,
): Paced {
	const episode = {
		...state.episode!,
		flaps: state.episode!.flaps + 1,
		notBeforeMs: context.nowMs + leastMs(state, outcome, context.nowMs),
	};
	if (episode.flaps === 1 && state.known.windowMs > 0) {
		return settleFirst({ ...state, episode }, outcome, context);
	}
	const sinceMs = context.nowMs - episode.sinceMs;
	const { delayMs, windowMs } = backoffMs(
		state.options,
		episode.flaps,
		state.known.phase,
		sinceMs,
		context.random(),
	);
	return settle(
		{ ...state, episode },
		{
			law: 'backoff',
			delayMs,
			windowMs,
			reason: `The link went before it was stable, time ${episode.flaps}: waits about ${seconds(windowMs)}.`,
		},
		context,
	);
}
