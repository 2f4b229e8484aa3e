import { isSilentLoss, type Outcome } from '../outcome.js';
import { backoffMs } from './laws/backoff.js';
import { WINDOW_LEAD, WINDOW_STRETCH } from './laws/window.js';
import { remaining, seconds, settle } from './settle.js';
import { episodeAfterStable } from './stable.js';
import {
	newEpisode,
	withPhase,
	type Episode,
	type PacingState,
} from './state.js';
import type { PacingContext, Paced, Wait } from './types.js';

/** A successor to a draining link is dialled within this share of the time that the link has left. */
const DRAIN_SHARE = 0.8;
/** A node that sends a young link away is not dialled again at once, whatever deadline it gave. */
const YOUNG_DRAIN_MS = 1000;

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
	const down: PacingState = {
		...state,
		upSinceMs: undefined,
		episode: { ...episode, unheard: isSilentLoss(outcome) },
	};
	return stable || episode.attempts === 0
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
	const { known } = state;
	const { hint } = outcome;
	const earliestMs = leastMs(state, outcome, context.nowMs);
	const windowMs = firstWindowMs(state, outcome);
	const lead = known.windowMs > 0 ? WINDOW_LEAD : 0;
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
		isSilentLoss(outcome) ? options.oldSessionMs : 0,
	);
}

function firstWindowMs(state: PacingState, outcome: Outcome): number {
	const { options, known } = state;
	const told = known.windowMs * WINDOW_STRETCH;
	const deadlineMs = outcome.hint?.drainDeadlineMs;
	if (outcome.kind === 'drained' && deadlineMs !== undefined) {
		// The old link serves on meanwhile: to spread over the time it has left costs nothing.
		const left = deadlineMs * DRAIN_SHARE;
		return told > 0 ? Math.min(told, left) : left;
	}
	return told > 0 ? told : options.firstWindowMs;
}

/**
 * A link that comes up and goes again is no success, however politely it was sent away: the waits grow as if the
 * attempt had failed. The first time a told window and a drain are followed all the same, since a node may well go
 * down when its links are young.
 */
function unstable(
	state: PacingState,
	outcome: Outcome,
	context: PacingContext,
): Paced {
	const { nowMs, random } = context;
	const drained = outcome.kind === 'drained';
	const least = leastMs(state, outcome, nowMs);
	const episode = withPhase(
		{
			...state.episode!,
			flaps: state.episode!.flaps + 1,
			notBeforeMs: nowMs + Math.max(least, drained ? YOUNG_DRAIN_MS : 0),
		},
		random,
	);
	if (episode.flaps === 1 && (drained || state.known.windowMs > 0)) {
		return settleFirst({ ...state, episode }, outcome, context);
	}
	const { delayMs, windowMs } = backoffMs(
		state.options,
		episode.flaps,
		episode.phase,
		nowMs - episode.sinceMs,
		random(),
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
