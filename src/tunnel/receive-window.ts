const KIB = 1024;

/**
 * The receive window of each stream, by how many streams are open. A lone transfer gets the window that it
 * needs to be fast; and all windows together, which is what stalled readers can make the device hold, stay
 * within 8 MiB.
 *
 * | streams | window | together at most |
 * | --- | --- | --- |
 * | up to 4 | 1 MiB | 4 MiB |
 * | up to 16 | 256 KiB | 4 MiB |
 * | up to 64 | 64 KiB | 4 MiB |
 * | up to 256 | 32 KiB | 8 MiB |
 * | more, up to 1,024 | 8 KiB | 8 MiB |
 */
const STEPS = [
	{ upTo: 4, bytes: 1024 * KIB },
	{ upTo: 16, bytes: 256 * KIB },
	{ upTo: 64, bytes: 64 * KIB },
	{ upTo: 256, bytes: 32 * KIB },
	{ upTo: Infinity, bytes: 8 * KIB },
] as const;

/** Credit of the whole connection. It is given back on receipt, so it bounds only what is in flight. */
export const CONNECTION_WINDOW_BYTES = 4 * 1024 * KIB;

/** Smaller pieces would cost more in heads than they save in memory. */
const LEAST_HIGH_WATER_BYTES = 4 * KIB;

/** The window for a session that has no streams yet. */
export const FIRST_WINDOW_BYTES = STEPS[0].bytes;

/** The window for so many streams, when nothing was told yet. */
const windowFor = (openStreams: number): number =>
	STEPS.find(({ upTo }) => openStreams <= upTo)!.bytes;

/**
 * How much may wait in one direction of one stream before its source is paused: a quarter of the window. Node's
 * own mark, 16 KiB, would pause after each frame, and that costs half of the throughput.
 */
export function highWater(openStreams: number): number {
	return Math.max(LEAST_HIGH_WATER_BYTES, windowFor(openStreams) / 4);
}

/**
 * The window to ask for now. It shrinks as soon as a step is crossed, and grows again only when half of the
 * step's streams are gone: a number that sways about a step must not make a SETTINGS frame each time.
 */
export function receiveWindow(
	openStreams: number,
	currentBytes: number,
): number {
	const wanted = windowFor(openStreams);
	if (wanted <= currentBytes) {
		return wanted;
	}
	return Math.max(currentBytes, windowFor(openStreams * 2));
}
