import type { Hint } from '../hint.js';
import { afterFailure } from './after-failure.js';
import { afterLoss } from './after-loss.js';
import { ATTEMPT_BYTES, charge } from './budget.js';
import { clampedMs } from './hints.js';
import { learnedPatienceMs, patience } from './laws/patience.js';
import { configured, left } from './own-doing.js';
import { offlineWait, remaining, seconds, settle } from './settle.js';
import {
	newEpisode,
	type Episode,
	type PacingState,
	type Running,
} from './state.js';
import { withFloor } from './targets.js';
import type { Law, PacingContext, PacingEvent, Paced, Wait } from './types.js';

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
			return started(state, context);
		case 'attempt':
			return attempted(state, event, context.nowMs);
		case 'up':
			return { state: cameUp(state, event.tookMs, context.nowMs) };
		case 'ended':
			return ended(state, event, context);
		case 'left':
			return left(state, event, context);
		case 'configured':
			return configured(state, event, context);
		case 'hint':
			return heedHint(state, event, context);
		case 'traffic':
			return { state: chargeTraffic(state, event.bytes, context.nowMs) };
		case 'network':
			return event.up
				? networkCame(state, context)
				: networkWent(state, context.nowMs);
		case 'clock-step':
			return clockStepped(state, context);
	}
}

/** So many restarts in a row leave what a node said as it was; only a process that dies for ever halves that too. */
const KEPT_RESUMES = 6;

function started(state: PacingState, context: PacingContext): Paced {
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
		? movedBy(old, nowMs, 2 ** Math.max(0, restored.resumes - KEPT_RESUMES))
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

function movedBy(episode: Episode, byMs: number, shorter: number): Episode {
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

function attempted(
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
		state: {
			...state,
			running: undefined,
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
		},
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

function cameUp(
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
	return {
		...state,
		running: undefined,
		upSinceMs: nowMs,
		// Shared where nothing changed: see `PacingState`.
		known: news ? learned : known,
	};
}

function ended(
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
function heedHint(
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

function chargeTraffic(
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

function networkWent(given: PacingState, nowMs: number): Paced {
	const state = { ...given, networkUp: false };
	return given.networkUp && state.running !== undefined
		? { state, wait: offlineWait(state, nowMs) }
		: { state };
}

function networkCame(given: PacingState, context: PacingContext): Paced {
	const { options, running, networkUp: was } = given;
	const state = { ...given, networkUp: true };
	if (running === undefined) {
		return { state };
	}
	const spreadMs = options.networkUpSpreadMs * context.random();
	const leftMs = running.untilMs - context.nowMs;
	const early = was
		? endsWithNetwork(running.wait.law)
		: endsWithOutage(running);
	if (!early && (was || leftMs > spreadMs)) {
		return was ? { state } : { state, wait: remaining(state, context.nowMs) };
	}
	return settle(
		state,
		{
			law: 'spread',
			delayMs: spreadMs,
			windowMs: options.networkUpSpreadMs,
			reason: `The local network came back; spread over ${seconds(options.networkUpSpreadMs)}.`,
		},
		context,
	);
}

/** Waits for a node or a network that could not be reached. */
function endsWithNetwork(law: Law): boolean {
	return law === 'backoff' || law === 'local';
}

/** Waits that the end of the device's own outage ends, those too that a restart cut in two meanwhile. */
function endsWithOutage({ wait, resumed }: Running): boolean {
	const law = resumed ?? wait.law;
	// A window told for the loss of a node does not apply to the loss of the device's own network.
	return endsWithNetwork(law) || law === 'spread' || law === 'window';
}

/** Waits that a change on the device's own side may end; what a crowded node caused or said is kept. */
function endsEarly(state: PacingState): boolean {
	const law = state.running?.wait.law;
	return law !== undefined && (endsWithNetwork(law) || law === 'spread');
}

function clockStepped(state: PacingState, context: PacingContext): Paced {
	const { options, running, episode } = state;
	const ends =
		running !== undefined && (episode?.clockWrong === true || endsEarly(state));
	if (!ends || !state.networkUp) {
		return { state };
	}
	return settle(
		state,
		{
			law: 'spread',
			delayMs: options.startSpreadMs * context.random(),
			windowMs: options.startSpreadMs,
			reason: `The clock was set or the machine woke; spread over ${seconds(options.startSpreadMs)}.`,
		},
		context,
	);
}
