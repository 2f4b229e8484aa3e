import { findings, type Finding, type Grade } from './finding.js';

const verdict = findings('verdict');

const first = (found: readonly Finding[], grade: Grade) =>
	found.find((one) => one.grade === grade);

/** The one line that says what to do: the first thing that has to be mended is the cause of what comes after it. */
export function judge(found: readonly Finding[]): Finding {
	const failure = first(found, 'failure');
	if (failure) {
		const more = found.filter(({ grade }) => grade === 'failure').length - 1;
		const rest = more > 0 ? ` (${more} more above may follow from it)` : '';
		return verdict.failure(
			`Mend this first${rest}: ${failure.check}: ${failure.seen}`,
			failure.advice ?? 'See above.',
		);
	}
	const agent = found.find(({ check }) => check === 'agent');
	const isConnected = agent?.grade === 'ok';
	// What the agent itself waits for says more than what one attempt of ours has met.
	const warning = agent?.grade === 'warning' ? agent : first(found, 'warning');
	if (warning) {
		return verdict.warning(
			`${isConnected ? 'The device is connected' : 'Nothing has to be mended here'}. ${warning.check}: ${warning.seen}`,
			warning.advice ?? 'See above.',
		);
	}
	if (isConnected) {
		return verdict.ok(`The device is connected. ${agent.seen}`);
	}
	return found.some(({ accepted }) => accepted)
		? verdict.ok(
				'The way to the node is open, and the node accepts this device.',
			)
		: verdict.note(
				'Nothing wrong was found, but nobody asked the node whether it accepts this device.',
				'Give its uuid, its key and a node, and run it with --authenticate.',
			);
}
