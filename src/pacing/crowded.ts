import type { Hint } from '../hint.js';
import { nextTurn, type Turn } from './laws/congestion.js';
import { windowTurn } from './laws/window.js';
import { seconds } from './settle.js';
import type { Episode, PacingState } from './state.js';
import type { Law, PacingContext, Wait } from './types.js';

/** After a refusal by a crowded node, no attempt before this. */
const REFUSED_FLOOR_MS = 500;

/**
 * A device was refused by a crowded node that gave it no slot. What it knows decides: the window that it was
 * told, or nothing but how long this has lasted.
 *
 * @param refusalsInWindow this one included, how often it was refused since it knows the window
 */
export function crowded(
	{ options }: PacingState,
	episode: Episode,
	refusalsInWindow: number,
	hint: Hint | undefined,
	{ nowMs, random }: PacingContext,
): { wait: Wait; phase: number } {
	const sinceMs = episode.congestedSinceMs ?? episode.sinceMs;
	const elapsedMs = nowMs - sinceMs;
	const earliestMs =
		Math.max(nowMs + REFUSED_FLOOR_MS, episode.notBeforeMs) - sinceMs;
	const at = (law: Law, next: Turn, why: string) => ({
		wait: {
			law,
			delayMs: next.atMs - elapsedMs,
			windowMs: next.windowMs,
			hint,
			reason: `Refused ${seconds(elapsedMs)} into the congestion: ${why}`,
		},
		phase: next.phase,
	});

	const { windowMs } = episode;
	const rest =
		windowMs > 0
			? windowTurn(
					{ ...episode, refusals: refusalsInWindow },
					earliestMs,
					random,
				)
			: undefined;
	if (rest !== undefined) {
		return at(
			'window',
			rest,
			`uniform over ${seconds(rest.windowMs)} towards the end of the told window of ${seconds(windowMs)}.`,
		);
	}
	const turn = nextTurn(options, episode.phase, earliestMs, random);
	return at(
		'congestion',
		turn,
		`the next turn of this device, in a window of ${seconds(turn.windowMs)}.`,
	);
}
