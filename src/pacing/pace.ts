import type { Hint } from '../hint.js';
import { afterFailure } from './after-failure.js';
import { afterLoss } from './after-loss.js';
import { ATTEMPT_BYTES, charge } from './budget.js';
import { clampedMs } from './hints.js';
import { learnedPatienceMs, patience } from './laws/patience.js';
import { onClockStep, onNetworkDown, onNetworkUp } from './on-network.js';
import { onStart } from './on-start.js';
import { onConfigured, onLeft } from './on-own-change.js';
import { remaining, settle } from './settle.js';
import { newEpisode, withRunning, type PacingState } from './state.js';
import { withFloor } from './targets.js';
import type { PacingContext, PacingEvent, Paced } from './types.js';

/**
 * The decision: what an event means for when the next attempt is made. Pure; the same state, event, time and
 * chance give the same answer.
 */
export function pace(
	state: PacingState,
	event: PacingEvent,
	context: PacingContext,
): Paced {
	switch (event.type) {
		case 'start':
			return onStart(state, context);
		case 'attempt':
			return onAttempt(state, event, context.nowMs);
		case 'up':
			return { state: onUp(state, event.tookMs, context.nowMs) };
		case 'ended':
			return onEnded(state, event, context);
		case 'left':
			return onLeft(state, event, context);
		case 'configured':
			return onConfigured(state, event, context);
		case 'hint':
			return onHint(state, event, context);
		case 'traffic':
			return { state: onTraffic(state, event.bytes, context.nowMs) };
		case 'network':
			return event.up
				? onNetworkUp(state, context)
				: onNetworkDown(state, context.nowMs);
		case 'clock-step':
			return onClockStep(state, context);
	}
}

function onAttempt(
	state: PacingState,
	{
		keepable = false,
		otherWay = false,
		next = false,
	}: Extract<PacingEvent, { type: 'attempt' }>,
	nowMs: number,
): Paced {
	const { options, known } = state;
	const episode = state.episode ?? newEpisode(nowMs);
	return {
		state: withRunning(state, undefined, {
			resumes: 0,
			attemptedMs: nowMs,
			episode: {
				...episode,
				attemptMs: nowMs,
				attempts: episode.attempts + 1,
				otherWay: keepable && otherWay,
			},
			budget: charge(
				state.budget,
				options,
				{ attempts: 1, bytes: ATTEMPT_BYTES },
				nowMs,
			),
		}),
		patience: patience(
			options,
			known.patienceMs,
			episode.refusals,
			keepable,
			otherWay,
			next,
		),
	};
}

function onUp(
	state: PacingState,
	saidMs: number | undefined,
	nowMs: number,
): PacingState {
	const { episode, known } = state;
	const tookMs = saidMs ?? nowMs - (episode?.attemptMs ?? nowMs);
	const learned = {
		...known,
		keyWorked: true,
		patienceMs: learnedPatienceMs(known.patienceMs, tookMs),
	};
	const news = !known.keyWorked || learned.patienceMs !== known.patienceMs;
	return withRunning(state, undefined, {
		upSinceMs: nowMs,
		// Shared where nothing changed: see `PacingState`.
		known: news ? learned : known,
	});
}

function onEnded(
	given: PacingState,
	{ outcome, targets, tookMs }: Extract<PacingEvent, { type: 'ended' }>,
	context: PacingContext,
): Paced {
	const { hint } = outcome;
	const state = withToldWindow(given, hint);
	switch (outcome.kind) {
		case 'stopped':
			return { state: { ...state, running: undefined } };
		case 'lost':
		case 'drained':
			return afterLoss(
				withFloor(state, hint, targets, context.nowMs),
				outcome,
				context,
			);
		default:
			return afterFailure(
				tookMs === undefined
					? state
					: { ...state, attemptedMs: context.nowMs - tookMs },
				outcome,
				targets,
				context,
			);
	}
}

/** The window that a node told, for the next loss of its links. 0 takes back what was told before. */
function withToldWindow(
	state: PacingState,
	hint: Hint | undefined,
): PacingState {
	const { options, known } = state;
	const said = hint?.reconnectWindowMs;
	const windowMs = said === 0 ? 0 : clampedMs(said, options);
	return windowMs === undefined || windowMs === known.windowMs
		? state
		: { ...state, known: { ...known, windowMs } };
}

/** A hint between attempts: a wait that runs is made longer where it has to be. */
function onHint(
	given: PacingState,
	{ hint, targets }: Extract<PacingEvent, { type: 'hint' }>,
	context: PacingContext,
): Paced {
	const state = withFloor(
		withToldWindow(given, hint),
		hint,
		targets,
		context.nowMs,
	);
	const { running, episode } = state;
	return running && episode && episode.notBeforeMs > running.untilMs
		? settle(state, remaining(state, context.nowMs)!, context)
		: { state };
}

function onTraffic(
	state: PacingState,
	bytes: number,
	nowMs: number,
): PacingState {
	if (state.options.bytesPerHour === undefined) {
		return state;
	}
	const used = { attempts: 0, bytes };
	return {
		...state,
		budget: charge(state.budget, state.options, used, nowMs),
	};
}
