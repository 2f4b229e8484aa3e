import { newEpisode, type Episode, type PacingState } from './state.js';

/**
 * The episode that follows a link which stayed up for a stable time: each such period halved the level of the old
 * one, and what a node said holds on.
 */
export function episodeAfterStable(
	{ episode, options }: PacingState,
	upForMs: number,
	nowMs: number,
): Episode {
	const fresh = newEpisode(nowMs);
	if (episode === undefined) {
		return fresh;
	}
	const periods = Math.floor(upForMs / Math.max(1, options.stableAfterMs));
	return {
		...fresh,
		// A node may have said so while the link was up.
		notBeforeMs: Math.max(nowMs, episode.notBeforeMs),
		unreachable: Math.floor(episode.unreachable / 2 ** periods),
		flaps: Math.floor(episode.flaps / 2 ** periods),
		refused: Math.floor(episode.refused / 2 ** periods),
	};
}
