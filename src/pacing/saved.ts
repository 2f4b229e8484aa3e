import { lenientObject } from '../lenient.js';
import * as v from '../schema.js';

import { fullBudget, refill } from './budget.js';
import type { PacingOptions } from './options.js';
import { episodeAfterStable } from './stable.js';
import {
	newEpisode,
	type Episode,
	type Knowledge,
	type PacingState,
} from './state.js';
import { LAWS, type Law } from './types.js';

const finite = v.pipe(v.number(), v.finite());
const amount = v.pipe(finite, v.minValue(0));
const lawSchema = v.picklist(Object.keys(LAWS) as Law[]);

const NOTHING_KNOWN: Knowledge = {
	windowMs: 0,
	patienceMs: 0,
	keyWorked: false,
};

const episodeSchema = lenientObject<Episode>(
	{
		sinceMs: finite,
		phase: v.pipe(finite, v.maxValue(1)),
		congestedSinceMs: v.optional(finite),
		attemptMs: finite,
		attempts: amount,
		local: amount,
		unheard: v.boolean(),
		unreachable: amount,
		flaps: amount,
		refused: amount,
		notBeforeMs: finite,
		slotMs: amount,
		brokenSlots: amount,
		constantMs: amount,
		windowMs: amount,
		toldAtDoor: v.boolean(),
		otherWay: v.boolean(),
		refusals: amount,
		clockWrong: v.boolean(),
	},
	newEpisode(0),
);

const knownSchema = lenientObject<Knowledge>(
	{ windowMs: amount, patienceMs: amount, keyWorked: v.boolean() },
	NOTHING_KNOWN,
);

/**
 * What survives a restart and a reboot, as plain JSON. Times are durations relative to when it was saved:
 * the monotonic clock starts anew with each boot and the wall clock may be wrong, so neither is trusted, and
 * the time that the device was off does not count; that within one boot does. A wait is resumed, never cut short.
 */
export interface SavedPacing {
	readonly known: Knowledge;
	readonly budget: { readonly attempts: number; readonly bytes: number };
	readonly episode?: Episode;
	/** What was left of the wait, and the law that it followed. */
	readonly waitMs: number;
	readonly law?: Law;
	/** Restarts in a row that resumed a wait and made no attempt. */
	readonly resumes: number;
}

/**
 * A device's pacing at the start of a process, with what it remembers. A field that is not as `remember` writes it, or that
 * another version wrote, loses itself alone: a moment that a node named still holds. For `ranMs` since it was saved
 * the machine was on for certain: that much of every wait is over.
 */
export function createPacing(
	options: PacingOptions,
	saved?: unknown,
	ranMs = 0,
): PacingState {
	const fresh: PacingState = {
		options,
		known: NOTHING_KNOWN,
		budget: fullBudget(options),
		networkUp: true,
		resumes: 0,
		// Named from the start: an object that grows later takes twice the memory, a million times in the simulator.
		attemptedMs: undefined,
		upSinceMs: undefined,
		episode: undefined,
		running: undefined,
		restored: undefined,
	};
	if (typeof saved !== 'object' || saved === null) {
		return fresh;
	}
	const { known, budget, episode, waitMs, law, resumes } = lenientObject<
		Omit<SavedPacing, 'known'> & { known: Knowledge }
	>(
		{
			known: knownSchema,
			budget: v.object({ attempts: finite, bytes: finite }),
			episode: v.optional(episodeSchema),
			waitMs: amount,
			law: v.optional(lawSchema),
			resumes: amount,
		},
		{ known: NOTHING_KNOWN, budget: fresh.budget, waitMs: 0, resumes: 0 },
	).run(saved, []);
	return {
		...fresh,
		known,
		budget: { ...refill({ ...budget, atMs: 0 }, options, ranMs), atMs: 0 },
		restored: {
			episode: episode && relativeTo(episode, ranMs),
			waitMs: Math.max(0, waitMs - ranMs),
			law,
			resumes,
		},
	};
}

/** What of a device's pacing is worth keeping across a restart. */
export function remember(state: PacingState, nowMs: number): SavedPacing {
	const { attempts, bytes } = refill(state.budget, state.options, nowMs);
	return {
		known: state.known,
		budget: { attempts, bytes },
		episode: rememberedEpisode(state, nowMs),
		waitMs: Math.max(0, (state.running?.untilMs ?? nowMs) - nowMs),
		law: state.running?.resumed ?? state.running?.wait.law,
		resumes: state.resumes,
	};
}

/** The episode that a loss now would go on from. */
function rememberedEpisode(
	state: PacingState,
	nowMs: number,
): Episode | undefined {
	const { upSinceMs, options } = state;
	const upForMs = nowMs - (upSinceMs ?? nowMs);
	const episode =
		upSinceMs !== undefined && upForMs >= options.stableAfterMs
			? episodeAfterStable(state, upForMs, nowMs)
			: state.episode;
	return episode && relativeTo(episode, nowMs);
}

function relativeTo(episode: Episode, nowMs: number): Episode {
	return {
		...episode,
		sinceMs: episode.sinceMs - nowMs,
		attemptMs: episode.attemptMs - nowMs,
		notBeforeMs: episode.notBeforeMs - nowMs,
		congestedSinceMs:
			episode.congestedSinceMs === undefined
				? undefined
				: episode.congestedSinceMs - nowMs,
	};
}
