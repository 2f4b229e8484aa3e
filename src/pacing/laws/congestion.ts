import type { Random } from '../../runtime/index.js';
import { nextPhase } from './phase.js';

/** The numbers of this law; see `PacingOptions` for each. */
export interface CongestionNumbers {
	readonly congestionEdgesMs: readonly number[];
}

/** From a moment of the congestion on, a device that is refused tries again in the same turn. */
export interface SecondTry {
	readonly fromMs: number;
	/** How much later, as a share of a turn. */
	readonly share: number;
}

export const SECOND_TRY: SecondTry = { fromMs: 1800_000, share: 0.5 };

/** A moment of this law, and the length of the turn that it lies in; both from when the congestion began. */
export interface Turn {
	readonly atMs: number;
	readonly windowMs: number;
	/** The device's phase from this turn on. */
	readonly phase: number;
}

/** The i-th half-turn edge; beyond the last one given, the last turn is repeated for ever. */
export function edgeMs(edges: readonly number[], i: number): number {
	const last = edges.length - 1;
	if (i <= last) {
		return edges[i]!;
	}
	const turnMs = edges[last]! - edges[last - 2]!;
	const turns = Math.ceil((i - last) / 2);
	return edges[i - 2 * turns]! + turns * turnMs;
}

/** The curve tau: the moment at `position`, in turns from the first edge; straight between half-turn edges. */
function momentMs(edges: readonly number[], position: number): number {
	const half = Math.floor(2 * position);
	const from = edgeMs(edges, half);
	return from + (2 * position - half) * (edgeMs(edges, half + 1) - from);
}

/**
 * The law of congestion: turns that lie further and further apart. With tau the curve through the half-turn
 * edges e(0) < e(1/2) < e(1) < ..., counted from when the congestion began, and p(j) the device's own phase
 * in the j-th turn (0 to 1, a small step from that in the turn before), its turns are at
 *
 *     t(j) = tau(j + p(j))        and, from `fromMs` on, also at        tau(j + p(j) + d),
 *
 * d = `share` of {@link SECOND_TRY}. So a device has one turn between e(j) and e(j+1), and those of a fleet fill it evenly.
 * The second try is for stragglers: late in a long herd the node admits few a second, and chance refuses a
 * device although there is room; without it that device would come last, a whole turn later.
 *
 * Since tau grows in proportion to the time that has passed, the load that refusals make falls below what a node
 * can bear, up to the last turn, which is repeated (`docs/pacing.md`, "the bound").
 */
export function nextTurn(
	{ congestionEdgesMs: edges }: CongestionNumbers,
	phase: number,
	afterMs: number,
	random: Random,
	secondTry = SECOND_TRY,
): Turn {
	for (let j = 0; ; j++) {
		const windowMs = edgeMs(edges, 2 * j + 2) - edgeMs(edges, 2 * j);
		const atMs = momentMs(edges, j + phase);
		if (atMs > afterMs) {
			const stepped = nextPhase(phase, random);
			const steppedMs = momentMs(edges, j + stepped);
			return steppedMs > afterMs
				? { atMs: steppedMs, windowMs, phase: stepped }
				: { atMs, windowMs, phase };
		}
		const againMs = momentMs(edges, j + phase + secondTry.share);
		if (atMs >= secondTry.fromMs && againMs > afterMs) {
			return { atMs: againMs, windowMs, phase };
		}
	}
}
