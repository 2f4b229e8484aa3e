import { isLocal, isSilent, isUnanswered, type Outcome } from '../outcome.js';
import { crowded } from './crowded.js';
import { isConstant, LONGEST_CONSTANT_MS } from './constant.js';
import { clampedMs } from './hints.js';
import { backoffMs } from './laws/backoff.js';
import { localMs } from './laws/local.js';
import { unheardMs } from './laws/unheard.js';
import { slowMs } from './laws/slow.js';
import { roundInTime } from './round.js';
import { seconds, settle } from './settle.js';
import {
	newEpisode,
	withPhase,
	type Episode,
	type PacingState,
} from './state.js';
import { withFloor, type Targets } from './targets.js';
import type { PacingContext, Paced } from './types.js';

/** An attempt failed: the wait before the next one. */
export function afterFailure(
	state: PacingState,
	outcome: Outcome,
	targets: Targets | undefined,
	context: PacingContext,
): Paced {
	const { options, known } = state;
	const { nowMs, random } = context;
	const old = withPhase(state.episode ?? newEpisode(nowMs), random);
	const saidMs = clampedMs(outcome.hint?.retryAfterMs, options);
	const constant = saidMs !== undefined && isConstant(old, saidMs);
	const episode: Episode = {
		...old,
		clockWrong: outcome.code === 'clock-wrong',
		unheard: old.unheard && (isLocal(outcome) || isUnanswered(outcome)),
		constantMs: constant ? saidMs : old.constantMs,
		notBeforeMs: Math.max(old.notBeforeMs, nowMs),
	};
	const down = withFloor(
		{ ...state, upSinceMs: undefined, episode },
		constant ? undefined : outcome.hint,
		targets,
		nowMs,
	);
	const untried = targets?.untried ?? 0;
	if (isLocal(outcome)) {
		return unasked(down, context);
	}
	switch (outcome.kind) {
		case 'unreachable':
			return unreachable(down, untried, context);
		case 'throttled':
		case 'overloaded':
			return congested(
				down,
				outcome,
				constant || targets?.reserved === false ? undefined : saidMs,
				untried,
				context,
			);
		default:
			// A key that worked is refused by whatever judges keys, as long as that is down.
			return outcome.kind === 'rejected' && known.keyWorked
				? congested(down, outcome, undefined, untried, context)
				: refused(down, outcome, untried, context);
	}
}

const inRow = (times: number) =>
	times === 1 ? 'once' : `${times} times in a row`;

function unasked(state: PacingState, context: PacingContext): Paced {
	const local = state.episode!.local + 1;
	const episode = { ...state.episode!, local };
	const { delayMs, windowMs } = localMs(state.options, local, context.random());
	return settle(
		{ ...state, episode },
		{
			law: 'local',
			delayMs,
			windowMs,
			reason: `No node was asked, ${inRow(local)}: waits up to ${seconds(windowMs)}.`,
		},
		context,
	);
}

function unreachable(
	state: PacingState,
	untried: number,
	context: PacingContext,
): Paced {
	// All nodes are gone through quickly, once; then one more round has failed.
	const failures = untried > 0 ? 1 : state.episode!.unreachable + 1;
	const episode = { ...state.episode!, local: 0, unreachable: failures };
	// Counted from when the attempt began, so that one that times out does not make the period longer.
	const spentMs = context.nowMs - episode.attemptMs;
	const sinceMs = episode.attemptMs - episode.sinceMs;
	const chance = context.random();
	const backoff = backoffMs(
		state.options,
		failures,
		episode.phase,
		sinceMs,
		chance,
	);
	const unheard = unheardMs(state.options, sinceMs, chance);
	const { delayMs, windowMs } =
		episode.unheard && unheard.windowMs < backoff.windowMs ? unheard : backoff;
	return settle(
		{ ...state, episode },
		{
			law: 'backoff',
			delayMs: Math.max(delayMs / 2, delayMs - spentMs),
			windowMs,
			reason: `Unreachable ${inRow(failures)}: waits about ${seconds(windowMs)}.`,
		},
		context,
	);
}

function refused(
	state: PacingState,
	{ kind }: Outcome,
	untried: number,
	context: PacingContext,
): Paced {
	// What is wrong with one node need not be with the next; a key is the same at all.
	const isFirstRound = kind === 'misconfigured' && untried > 0;
	const times = isFirstRound ? 1 : state.episode!.refused + 1;
	const episode = { ...state.episode!, local: 0, refused: times };
	const { delayMs, windowMs } = slowMs(state.options, times, context.random());
	return settle(
		{ ...state, episode },
		roundInTime(
			{
				law: 'slow',
				delayMs,
				windowMs,
				reason: `Not let in ${inRow(times)}: waits up to ${seconds(windowMs)}.`,
			},
			episode,
			untried,
			context,
		),
		context,
	);
}

function congested(
	state: PacingState,
	outcome: Outcome,
	retryAfterMs: number | undefined,
	untried: number,
	context: PacingContext,
): Paced {
	const old = state.episode!;
	const { hint, kind } = outcome;
	// A herd that could ask no node begins when it can.
	const sinceMs =
		old.congestedSinceMs ??
		(old.unreachable + old.local > 0 ? old.attemptMs : old.sinceMs);
	const toldMs = clampedMs(hint?.reconnectWindowMs, state.options);
	// A window told at the door is for the herd that runs, where none was told before.
	const isToldNow = toldMs !== undefined && old.windowMs === 0;
	const episode: Episode = {
		...old,
		windowMs: isToldNow ? toldMs : old.windowMs,
		toldAtDoor: isToldNow || old.toldAtDoor,
		local: 0,
		unreachable: 0,
		refused: kind === 'rejected' ? old.refused + 1 : old.refused,
		refusals: old.refusals + 1,
		// All who kept to a constant come back together: a herd that begins anew.
		congestedSinceMs: gaveAway(old) ? sinceMs + old.slotMs : sinceMs,
		brokenSlots: old.brokenSlots + brokenBy(old, retryAfterMs),
		slotMs: 0,
	};
	const isOther = old.otherWay && old.refusals === 0;
	if (isSilent(outcome) && (isOther || untried > 0)) {
		return besideIt({ ...state, episode }, context);
	}
	if (retryAfterMs !== undefined && episode.brokenSlots < 1) {
		return slot(
			{ ...state, episode: { ...episode, slotMs: retryAfterMs } },
			outcome,
			retryAfterMs,
			context,
		);
	}
	const { wait, phase } = crowded(
		state,
		episode,
		isToldNow ? 1 : episode.refusals,
		hint,
		context,
	);
	return settle(
		{ ...state, episode: { ...episode, phase } },
		roundInTime(wait, episode, untried, context),
		context,
	);
}

/** The silent attempt is kept; the other way is not known to be crowded. */
function besideIt(state: PacingState, context: PacingContext): Paced {
	const { firstWindowMs } = state.options;
	return settle(
		state,
		{
			law: 'spread',
			delayMs: firstWindowMs * context.random(),
			windowMs: firstWindowMs,
			reason: `Silence, which may be a queue: another way is tried beside it, within ${seconds(firstWindowMs)}.`,
		},
		context,
	);
}

/** Whether this refusal is the one by which the constant was found out. */
function gaveAway({ slotMs, constantMs }: Episode): boolean {
	return slotMs > 0 && constantMs > 0;
}

/**
 * A slot that was kept to and refused again was none. Another number may be the bad luck of a queue and is believed
 * once more.
 */
function brokenBy(
	{ slotMs, constantMs, brokenSlots }: Episode,
	saidMs: number | undefined,
): number {
	if (constantMs > 0 || brokenSlots >= 1) {
		return 1;
	}
	if (slotMs === 0) {
		return 0;
	}
	return saidMs === undefined && slotMs <= LONGEST_CONSTANT_MS ? 1 : 0.5;
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
			delayMs: retryAfterMs + SLOT_JITTER_MS * context.random(),
			hint: outcome.hint,
			reason: `The node gave a place in ${seconds(retryAfterMs)}, which is kept to.`,
		},
		context,
	);
}

/** A slot is kept to within this. */
const SLOT_JITTER_MS = 100;
