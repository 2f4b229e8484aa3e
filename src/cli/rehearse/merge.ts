import { usageError } from '../exit.js';
import { newRecording, type Recording } from './recording.js';

/** What must be the same of all parts. */
const setupOf = ({ setup, share }: Recording) =>
	JSON.stringify([setup, share.of]);

/**
 * Joins the parts of one rehearsal, as if one process had seen it all. Their cuts are brought onto one clock, whose zero is
 * the first of them.
 */
export function mergeRecordings(parts: readonly Recording[]): Recording {
	const [first, ...others] = parts;
	if (!first) {
		throw usageError('Name the files to be merged.');
	}
	if (others.some((part) => setupOf(part) !== setupOf(first))) {
		throw usageError('The files are of different rehearsals.');
	}
	const shares = new Set(parts.map(({ share }) => share.index));
	if (shares.size < parts.length) {
		throw usageError('A share is there twice.');
	}
	const cutAtMs = Math.min(...parts.map((part) => part.cutAtMs));
	const outcomes: Record<string, number> = {};
	for (const part of parts) {
		for (const [code, count] of Object.entries(part.outcomes)) {
			outcomes[code] = (outcomes[code] ?? 0) + count;
		}
	}
	return newRecording({
		setup: first.setup,
		share: { index: 0, of: 1 },
		cutAtMs,
		groups: first.groups.map(({ name }) => {
			const some = parts.flatMap((part) =>
				part.groups
					.filter((group) => group.name === name)
					.map((group) => ({ group, laterMs: part.cutAtMs - cutAtMs })),
			);
			return {
				name,
				backMs: some.flatMap(({ group, laterMs }) =>
					group.backMs.map((atMs) => (atMs === null ? null : atMs + laterMs)),
				),
				attempts: some.flatMap(({ group }) => group.attempts),
			};
		}),
		attemptsMs: parts.flatMap((part) =>
			part.attemptsMs.map((atMs) => atMs + part.cutAtMs - cutAtMs),
		),
		outcomes,
		notUp: parts.reduce((sum, { notUp }) => sum + notUp, 0),
		worstLagMs: Math.max(...parts.map(({ worstLagMs }) => worstLagMs)),
	});
}

/** What a reader of merged figures has to know: parts that are missing, clocks that do not agree. */
export function mergeDoubts(parts: readonly Recording[]): string[] {
	const cuts = parts.map((part) => part.cutAtMs);
	const apartMs = Math.max(...cuts) - Math.min(...cuts);
	const of = parts[0]?.share.of ?? 1;
	return [
		...(parts.length < of
			? [`Only ${parts.length} of the ${of} shares are here.`]
			: []),
		...(apartMs > 1000
			? [
					`The cuts were ${(apartMs / 1000).toFixed(1)} s apart: give all processes the same --at, and their machines NTP.`,
				]
			: []),
	];
}
