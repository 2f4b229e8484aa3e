/** The port for chance: a number that is uniform in [0, 1). */
export type Random = () => number;

/** The machine's own chance. */
export const systemRandom: Random = Math.random;

/** A whole number that is uniform in [0, limit). */
export function randomBelow(random: Random, limit: number): number {
	return Math.floor(random() * limit);
}
