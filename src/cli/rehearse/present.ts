import { writeFileSync } from 'node:fs';

import { herdPage, herdTable } from '../../simulator/index.js';
import { measure, simulateTwin, twinSetup } from './measure.js';
import type { Recording } from './recording.js';

export interface Presentation {
	readonly json?: boolean;
	readonly html?: string;
}

/** Above this the process that ran the agents was itself what held them up. */
const MOST_LAG_MS = 500;

/** Writes the result, with the simulated twin beside it, as it was asked for. */
export function present(
	recording: Recording,
	{ json, html }: Presentation,
	notes: readonly string[],
	write: (text: string) => void,
): void {
	const setup = twinSetup(recording.setup);
	const runs = [measure(recording), simulateTwin(recording.setup)];
	const results = runs.map(({ result }) => result);
	if (html !== undefined) {
		writeFileSync(html, herdPage(setup, runs));
	}
	if (json) {
		// One line, so that it can be found again in the log of a pod.
		write(`${JSON.stringify({ results, recording })}\n`);
		return;
	}
	write(
		[
			`${recording.setup.summary}, at ${new Date(recording.cutAtMs).toISOString()}. Beside them the simulator:`,
			'',
			herdTable(setup, results),
			'',
			...remarks(recording),
			...notes,
			'',
		].join('\n'),
	);
}

/** What the figures do not say. */
function remarks({ outcomes, notUp, worstLagMs, groups }: Recording): string[] {
	const refused = Object.entries(outcomes)
		.sort(([, a], [, b]) => b - a)
		.map(([code, count]) => `${code} ${count}`);
	const cut = groups.reduce((sum, { backMs }) => sum + backMs.length, 0);
	return [
		...(cut === 0 ? ['Nobody was without a link.'] : []),
		`Cut: ${cut}. Attempts that made no link: ${refused.join(', ') || 'none'}.`,
		...(notUp > 0 ? [`${notUp} had no link when the cut came.`] : []),
		...(worstLagMs > MOST_LAG_MS
			? [
					`This process was up to ${worstLagMs} ms late by itself, which is in the figures; with fewer devices a process, or more cores, it is less.`,
				]
			: []),
	];
}
