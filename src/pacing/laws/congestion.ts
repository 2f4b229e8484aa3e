/**
 * The law of congestion: turns that lie further and further apart.
 *
 * Let e(0) < e(1) < ... be the edges, counted from when the congestion began, and p the device's own place
 * (0 to 1). Its turns are
 *
 *     t(j) = e(j) + p (e(j+1) - e(j)),     e(j+1)/e(j) = const. beyond the last edge.
 *
 * So every device has one turn between two edges, and the turns of a fleet fill them evenly. Since e grows
 * in proportion to the time that has passed, the load that refused attempts make always falls below what a
 * node can bear; a law with a cap does not have this (`docs/pacing.md`, "the bound").
 */
export function nextTurnMs(
	edgesMs: readonly number[],
	place: number,
	afterMs: number,
): { atMs: number; windowMs: number } {
	const last = edgesMs.length - 1;
	const ratio = edgesMs[last]! / edgesMs[last - 1]!;
	let from = edgesMs[0]!;
	for (let j = 0; ; j++) {
		const to = j < last ? edgesMs[j + 1]! : from * ratio;
		const atMs = from + place * (to - from);
		if (atMs > afterMs) {
			return { atMs, windowMs: to - from };
		}
		from = to;
	}
}
