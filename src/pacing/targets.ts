import type { Hint } from '../hint.js';
import { clampedMs } from './hints.js';
import type { PacingOptions } from './options.js';
import { newEpisode, type PacingState } from './state.js';

/** What the choice of node says of the next attempt, where there is such a choice. */
export interface Targets {
	/** Nodes that nothing was tried at since a link was last stable; 0 where the last attempt was no trial of a node. */
	readonly untried: number;
	/** Not before this: a node that gave the device a turn, or else every node, said so. May be -Infinity. */
	readonly freeAtMs: number;
	/** The node that was asked last gave the device a turn, which is kept to. */
	readonly reserved: boolean;
}

/**
 * The state with the moment before which nothing is to be tried. What a node says holds for itself alone; where
 * there is no choice of node, all that was said holds.
 */
export function withFloor(
	state: PacingState,
	hint: Hint | undefined,
	targets: Targets | undefined,
	nowMs: number,
): PacingState {
	const { options } = state;
	const saidMs = clampedMs(hint?.retryAfterMs, options);
	if (targets === undefined && saidMs === undefined) {
		return state;
	}
	const episode = state.episode ?? newEpisode(nowMs);
	const notBeforeMs =
		targets === undefined
			? Math.max(episode.notBeforeMs, nowMs + saidMs!)
			: floorMs(targets, options, nowMs);
	return notBeforeMs === episode.notBeforeMs
		? state
		: { ...state, episode: { ...episode, notBeforeMs } };
}

function floorMs(
	{ freeAtMs }: Targets,
	{ hintCeilingMs }: PacingOptions,
	nowMs: number,
): number {
	return Math.max(nowMs, Math.min(freeAtMs, nowMs + hintCeilingMs));
}
