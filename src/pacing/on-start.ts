import { seconds, settle } from './settle.js';
import { newEpisode, type Episode, type PacingState } from './state.js';
import type { PacingContext, Paced, Wait } from './types.js';

/** So many restarts in a row leave what a node said as it was; only a process that dies for ever halves that too. */
const KEPT_RESUMES = 6;

/** The first wait of a process: a spread, or what is left of the wait that ran before a restart. */
export function onStart(state: PacingState, context: PacingContext): Paced {
	const { nowMs, random } = context;
	const { options, restored } = state;
	const spreadMs = options.startSpreadMs * random();
	const draft: Wait = {
		law: 'spread',
		delayMs: spreadMs,
		windowMs: options.startSpreadMs,
		reason: `First attempt of a start, spread over ${seconds(options.startSpreadMs)}.`,
	};
	if (restored === undefined) {
		return settle({ ...state, episode: newEpisode(nowMs) }, draft, context);
	}
	// Moments are relative to the last one of which it is certain that the machine was on, which counts as now.
	const old = restored.episode;
	const shorter = 2 ** restored.resumes;
	const episode = old
		? shift(old, nowMs, 2 ** Math.max(0, restored.resumes - KEPT_RESUMES))
		: newEpisode(nowMs);
	const resumed: PacingState = {
		...state,
		restored: undefined,
		// It was saved as of now, and its clock is another one.
		budget: { ...state.budget, atMs: nowMs },
		episode,
		// A process that dies again and again before its wait is over must still make an attempt some day.
		resumes: restored.waitMs > spreadMs ? restored.resumes + 1 : 0,
	};
	const waitMs = restored.waitMs / shorter;
	if (waitMs <= spreadMs) {
		return settle(resumed, draft, context);
	}
	const { state: waiting, wait } = settle(
		resumed,
		{
			law: 'memory',
			delayMs: waitMs,
			reason:
				shorter > 1
					? `Resumes a wait that ${restored.resumes} restarts in a row cut in two; shortened to ${seconds(waitMs)}, so that an attempt is made some day.`
					: `Resumes the wait that ran before the restart, ${seconds(waitMs)} of it left.`,
		},
		context,
	);
	const running = { ...waiting.running!, resumed: restored.law };
	return { state: { ...waiting, running }, wait };
}

/** The episode in moments of this clock. */
function shift(episode: Episode, byMs: number, shorter: number): Episode {
	return {
		...episode,
		sinceMs: episode.sinceMs + byMs,
		attemptMs: episode.attemptMs + byMs,
		notBeforeMs: byMs + episode.notBeforeMs / shorter,
		congestedSinceMs:
			episode.congestedSinceMs === undefined
				? undefined
				: episode.congestedSinceMs + byMs,
	};
}
