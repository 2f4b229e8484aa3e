import type { Random } from '../../runtime/index.js';
import type { Turn } from './congestion.js';
import { nextPhase } from './phase.js';

/** A told window is used from this share of it on: first attempts of those who were told none come before. */
export const WINDOW_LEAD = 0.012;
/** A told window is used this much longer than told, so that its end is not crowded. */
export const WINDOW_STRETCH = 1.0485;

/** Where the next attempt after a refusal is drawn from, in windows, as long as so much of it is left. */
interface Draw {
	readonly from: number;
	readonly to: number;
	readonly left: number;
}

/**
 * After the first refusal, the second, and so on to the fifth. Where all devices were told the window few are refused, and
 * find room before its end. Where some were told none more are, and the room behind the first attempts of all is for them.
 */
const DRAWS: readonly Draw[] = [
	{ from: 0.6, to: 1.1, left: 0.18 },
	{ from: 0.6, to: 1.1, left: 0.18 },
	{ from: 0.8, to: 1.12, left: 0.05 },
	{ from: 0.9, to: 1.12, left: 0.05 },
	{ from: 0.97, to: 1.12, left: 0.05 },
];

/**
 * Whoever is refused once more has met a node that was told too fast, that is down, or that is so slow that chance refuses
 * many. To draw again from what is left of the window would gather them all at its end, so each device tries once between two
 * of these, in windows, at its own share of the way, which moves a little from one to the next ...
 */
const STRETCHES = [1.12, 1.25, 1.5, 1.85, 2.25, 2.75, 3.35, 4, 4.8, 5.8];
/** ... and from here on once more, so much of a stretch later: most are back by then, and chance refuses some. */
const AGAIN_FROM = 1.5;
const AGAIN_SHARE = 0.3;

/** A device that was refused inside a told window. */
export interface WindowRefusal {
	readonly windowMs: number;
	/** The herd runs already: there is nobody to leave the first half to. */
	readonly toldAtDoor: boolean;
	/** How often it was refused, this time included. */
	readonly refusals: number;
	/** The device's own share of each stretch. */
	readonly phase: number;
}

/** When it tries again, not before `earliestMs`. Undefined once the last stretch is over, and where there is no window. */
export function windowTurn(
	{ windowMs, toldAtDoor, refusals, phase }: WindowRefusal,
	earliestMs: number,
	random: Random,
): Turn | undefined {
	const earliest = earliestMs / windowMs;
	const at = (from: number, to: number, share: number, newPhase: number) => ({
		atMs: (from + share * (to - from)) * windowMs,
		windowMs: (to - from) * windowMs,
		phase: newPhase,
	});
	for (const { from, to, left } of DRAWS.slice(refusals - 1)) {
		const start = Math.max(earliest, toldAtDoor ? 0 : from);
		if (start < to - left) {
			return at(start, to, random(), phase);
		}
	}
	for (const [i, from] of STRETCHES.slice(0, -1).entries()) {
		const to = STRETCHES[i + 1]!;
		const isAhead = (share: number) => from + share * (to - from) > earliest;
		if (isAhead(phase)) {
			const stepped = nextPhase(phase, random);
			const share = isAhead(stepped) ? stepped : phase;
			return at(from, to, share, share);
		}
		if (from >= AGAIN_FROM && isAhead(phase + AGAIN_SHARE)) {
			return at(from, to, phase + AGAIN_SHARE, phase);
		}
	}
	return undefined;
}
