import type { Random } from '../../runtime/index.js';

/** A phase moves by half of this at most, in shares of a turn. */
export const STEP = 0.15;

/**
 * The phase of the next turn: a small step away from that of the last. Whoever is refused in the same second has nearly the same
 * phase, so with fixed phases a few devices that are in each other's way would meet again in every later turn. Small steps part them
 * and keep what a phase is for: about one turn lies between two attempts, and a fleet fills each turn evenly. At the ends the step
 * is mirrored, for to come out at the other end would make two attempts lie close together, or two turns apart.
 */
export function nextPhase(phase: number, random: Random, step = STEP): number {
	const moved = phase + step * (random() - 0.5);
	return moved < 0 ? -moved : moved > 1 ? 2 - moved : moved;
}
