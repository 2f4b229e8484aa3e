import {
	sweepPage,
	sweepTable,
	type SweepCell,
} from '../../../simulator/index.js';
import type { Flags } from '../arguments.js';
import { herdSetup } from '../herd-setup.js';
import type { ProgressBar } from '../progress.js';
import type { SimulateOutput } from '../scenario.js';
import { runJobs } from './jobs.js';
import type { Job } from './worker.js';

/** Every combination of the swept values, each with what it changes of the flags. */
function combinations({ sweep }: Flags): Array<Record<string, string>> {
	return sweep.reduce<Array<Record<string, string>>>(
		(all, { name, values }) =>
			all.flatMap((before) =>
				values.map(({ text }) => ({ ...before, [name]: text })),
			),
		[{}],
	);
}

/**
 * Runs a grid of herds on all cores.
 *
 * @param command the file of this command, which the threads run
 */
export async function simulateSweep(
	flags: Flags,
	bar: ProgressBar,
	command: string,
): Promise<SimulateOutput> {
	const { policy: policies, sweep, ...rest } = flags;
	const cells = combinations(flags).flatMap((at) =>
		policies.map(({ name }) => ({ at, policy: name })),
	);
	const jobs = cells.map(({ at, policy }): Job => {
		const changed = sweep.map(({ name, attribute, values }) => [
			attribute,
			values.find(({ text }) => text === at[name])!.value,
		]);
		return { flags: { ...rest, ...Object.fromEntries(changed) }, policy };
	});
	const results = await runJobs(jobs, command, (done) => {
		bar.update(done, `${jobs.length} runs`);
	});
	const grid = cells.map(({ at }, i): SweepCell => ({
		at,
		result: results[i]!,
	}));
	const setup = herdSetup(flags, policies[0]!);
	const axes = sweep.map(({ name }) => name);
	return {
		results: grid.map(({ at, result }) => ({ sweep: at, ...result })),
		table: sweepTable(setup, axes, grid),
		page: () => sweepPage(setup, axes, grid),
	};
}
