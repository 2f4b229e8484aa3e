import { isLocal, isSilent, isUnanswered, type Outcome } from '../outcome.js';
import { crowded } from './crowded.js';
import { clampedMs } from './hints.js';
import { backoffMs } from './laws/backoff.js';
import { localMs } from './laws/local.js';
import { unheardMs } from './laws/unheard.js';
import { slowMs } from './laws/slow.js';
import { seconds, settle } from './settle.js';
import {
	newEpisode,
	withPhase,
	type Episode,
	type PacingState,
} from './state.js';
import type { PacingContext, Paced } from './types.js';

/** An attempt failed: the wait before the next one. */
export function afterFailure(
	state: PacingState,
	outcome: Outcome,
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
		local: isLocal(outcome) ? old.local + 1 : 0,
		unheard: old.unheard && (isLocal(outcome) || isUnanswered(outcome)),
		constantMs: constant ? saidMs : old.constantMs,
		notBeforeMs: Math.max(
			old.notBeforeMs,
			constant ? nowMs : nowMs + (saidMs ?? 0),
		),
	};
	const down: PacingState = { ...state, upSinceMs: undefined, episode };
	if (episode.local > 0) {
		return unasked(down, context);
	}
	switch (outcome.kind) {
		case 'unreachable':
			return unreachable(down, context);
		case 'throttled':
		case 'overloaded':
			return congested(down, outcome, constant ? undefined : saidMs, context);
		default:
			// A key that worked is refused by whatever judges keys, as long as that is down.
			return outcome.kind === 'rejected' && known.keyWorked
				? congested(down, outcome, undefined, context)
				: refused(down, context);
	}
}

function unasked(state: PacingState, context: PacingContext): Paced {
	const { local } = state.episode!;
	const { delayMs, windowMs } = localMs(state.options, local, context.random());
	return settle(
		state,
		{
			law: 'local',
			delayMs,
			windowMs,
			reason: `No node was asked, ${local} times in a row: waits up to ${seconds(windowMs)}.`,
		},
		context,
	);
}

function unreachable(state: PacingState, context: PacingContext): Paced {
	const failures = state.episode!.unreachable + 1;
	const episode = { ...state.episode!, unreachable: failures };
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
	const { hint, kind } = outcome;
	const sinceMs =
		old.congestedSinceMs ?? (old.unreachable > 0 ? old.attemptMs : old.sinceMs);
	const episode: Episode = {
		...old,
		...doorWindow(old, clampedMs(hint?.reconnectWindowMs, state.options)),
		unreachable: 0,
		refused: kind === 'rejected' ? old.refused + 1 : old.refused,
		refusals: old.refusals + 1,
		// All who kept to a constant come back together: a herd that begins anew.
		congestedSinceMs: gaveAway(old) ? sinceMs + old.slotMs : sinceMs,
		brokenSlots: old.brokenSlots + brokenBy(old, retryAfterMs),
		slotMs: 0,
	};
	if (old.otherWay && old.refusals === 0 && isSilent(outcome)) {
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
	return settle(
		{ ...state, episode },
		{ ...crowded(state, episode, context), hint },
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

/** A window told at the door is for the herd that runs, where none was told before. */
function doorWindow(
	{ windowMs }: Episode,
	toldMs: number | undefined,
): Partial<Episode> {
	return toldMs === undefined || windowMs > 0
		? {}
		: { windowMs: toldMs, toldAtDoor: true };
}

/** The end of a long queue may lie as far off again by chance; a shorter one that does is a constant. */
const LONGEST_CONSTANT_MS = 300_000;
/** As whole seconds are told. */
const SAME_MS = 1000;

/**
 * A node that tells everybody the same retry-after. It looks like a slot, so the first is kept to; all who do come
 * back together, and the same again says that it is about nobody: it is no longer kept to.
 */
function isConstant({ slotMs, constantMs }: Episode, saidMs: number): boolean {
	const like = (ms: number) => ms > 0 && Math.abs(saidMs - ms) <= SAME_MS;
	return like(constantMs) || (slotMs <= LONGEST_CONSTANT_MS && like(slotMs));
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
