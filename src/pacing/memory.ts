import * as v from '../schema.js';

import { fullBudget, refill } from './budget.js';
import type { PacingOptions } from './options.js';
import { episodeAfterStable } from './stable.js';
import type { Episode, Knowledge, PacingState } from './state.js';
import type { Law } from './types.js';

const VERSION = 1;

const finite = v.pipe(v.number(), v.finite());
const amount = v.pipe(finite, v.minValue(0));

const LAWS = [
	'spread',
	'backoff',
	'congestion',
	'window',
	'slot',
	'slow',
	'offline',
	'budget',
	'memory',
] as const satisfies readonly Law[];

const episodeSchema = v.object({
	sinceMs: finite,
	congestedSinceMs: v.optional(finite),
	attemptMs: finite,
	attempts: amount,
	unreachable: amount,
	flaps: amount,
	refused: amount,
	notBeforeMs: finite,
	slotMs: amount,
	brokenSlots: amount,
	windowMs: amount,
	refusals: amount,
	clockWrong: v.boolean(),
}) satisfies v.Schema<Episode>;

const memorySchema = v.object({
	version: v.literal(VERSION),
	known: v.object({
		phase: v.pipe(finite, v.maxValue(1)),
		windowMs: amount,
		recoveryMs: amount,
	}),
	budget: v.object({ attempts: finite, bytes: finite }),
	episode: v.optional(episodeSchema),
	waitMs: amount,
	law: v.optional(v.picklist(LAWS)),
	resumes: amount,
});

/**
 * What survives a restart and a reboot, as plain JSON. Times are durations relative to when it was saved:
 * the monotonic clock starts anew with each boot and the wall clock may be wrong, so neither is trusted, and
 * the time that the device was off does not count. A wait is then resumed, never cut short.
 */
export interface PacingMemory {
	readonly version: typeof VERSION;
	readonly known: Knowledge;
	readonly budget: { readonly attempts: number; readonly bytes: number };
	readonly episode?: Episode;
	/** What was left of the wait, and the law that it followed. */
	readonly waitMs: number;
	readonly law?: Law;
	/** Restarts in a row that resumed a wait and made no attempt. */
	readonly resumes: number;
}

const NOTHING_KNOWN: Knowledge = { phase: -1, windowMs: 0, recoveryMs: 0 };

/**
 * A device's pacing at the start of a process, with what it remembers. Memory of another version, or that is
 * not what `remember` wrote, counts as none: its place on disk is no reason to trust it.
 */
export function createPacing(
	options: PacingOptions,
	memory?: unknown,
): PacingState {
	const fresh: PacingState = {
		options,
		known: NOTHING_KNOWN,
		budget: fullBudget(options),
		networkUp: true,
		resumes: 0,
		// Named from the start: an object that grows later takes twice the memory, a million times in the simulator.
		upSinceMs: undefined,
		episode: undefined,
		running: undefined,
		restored: undefined,
	};
	if (memory === undefined) {
		return fresh;
	}
	const checked = v.safeParse(memorySchema, memory);
	if (!checked.success) {
		return fresh;
	}
	const { known, budget, episode, waitMs, law, resumes } = checked.output;
	return {
		...fresh,
		known,
		budget: { ...budget, atMs: 0 },
		restored: { episode, waitMs, law, resumes },
	};
}

/** What of a device's pacing is worth keeping across a restart. */
export function remember(state: PacingState, nowMs: number): PacingMemory {
	const { attempts, bytes } = refill(state.budget, state.options, nowMs);
	return {
		version: VERSION,
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
