import { seconds, settle } from './settle.js';
import { episodeAfterStable } from './stable.js';
import { newEpisode, type PacingState } from './state.js';
import type { PacingContext, PacingEvent, Paced } from './types.js';

/** Nothing was lost and no node is in need; but a whole fleet may be sent elsewhere by one change. */
export function onLeft(
	state: PacingState,
	{ reason, elsewhere }: Extract<PacingEvent, { type: 'left' }>,
	context: PacingContext,
): Paced {
	const { options, upSinceMs } = state;
	const { nowMs, random } = context;
	const upForMs = nowMs - (upSinceMs ?? nowMs);
	const windowMs = elsewhere ? options.startSpreadMs : 0;
	return settle(
		{
			...state,
			upSinceMs: undefined,
			// What a node said or refused does not hold for others.
			episode: elsewhere
				? newEpisode(nowMs)
				: episodeAfterStable(state, upForMs, nowMs),
		},
		{ law: 'spread', delayMs: windowMs * random(), windowMs, reason },
		context,
	);
}

/** A wait that the old configuration caused is ended, and spread over a start's window. */
export function onConfigured(
	state: PacingState,
	{ device, elsewhere }: Extract<PacingEvent, { type: 'configured' }>,
	context: PacingContext,
): Paced {
	const { options, running, episode } = state;
	const law = running?.resumed ?? running?.wait.law;
	const ends =
		elsewhere ||
		law === 'backoff' ||
		law === 'local' ||
		(device && (law === 'slow' || episode?.refused));
	const known = device ? { ...state.known, keyWorked: false } : state.known;
	if (running === undefined || !ends) {
		return { state: { ...state, known } };
	}
	const now = context.nowMs;
	return settle(
		{
			...state,
			known,
			episode: elsewhere
				? newEpisode(now)
				: { ...(episode ?? newEpisode(now)), refused: 0 },
		},
		{
			law: 'spread',
			delayMs: options.startSpreadMs * context.random(),
			windowMs: options.startSpreadMs,
			reason: `The configuration changed; spread over ${seconds(options.startSpreadMs)}.`,
		},
		context,
	);
}
