import { writeFileSync } from 'node:fs';

import type { Command } from 'commander';

import { systemClock } from '../runtime/index.js';
import {
	herdAsScenario,
	herdPage,
	herdTable,
	recommend,
	simulateHerd,
	type Advice,
	type HerdSetup,
} from '../simulator/index.js';
import { usageError } from './exit.js';
import {
	addArguments,
	beyondScenario,
	type Flags,
} from './simulate/arguments.js';
import { herdSetup } from './simulate/herd-setup.js';
import { ProgressBar } from './simulate/progress.js';
import {
	clusterScenario,
	loadScenario,
	simulateCluster,
	simulateScenario,
	type SimulateOutput,
} from './simulate/scenario.js';
import { simulateSweep } from './simulate/sweep/sweep.js';
import { isWorker, serveJobs } from './simulate/sweep/worker.js';

/** Adds `cloudlink-agent simulate`. */
export function addSimulate(program: Command): void {
	const command = program
		.command('simulate')
		.description(
			'Simulate a fleet that lost its node: how long each policy takes to bring it back, and what it costs.',
		);
	addArguments(command).action(async (flags: Flags) => {
		if (isWorker) {
			serveJobs();
			return;
		}
		const bar = new ProgressBar(process.stderr, systemClock);
		const output =
			flags.scenario !== undefined
				? scenario(flags.scenario, flags, command, bar)
				: flags.sweep.length > 0
					? await simulateSweep(flags, bar, process.argv[1]!)
					: herds(flags, bar);
		if (flags.html !== undefined) {
			writeFileSync(flags.html, output.page());
		}
		bar.clear();
		process.stdout.write(
			flags.json
				? `${JSON.stringify(output.results, null, '\t')}\n`
				: `${output.table}\n`,
		);
	});
}

function scenario(
	name: string,
	flags: Flags,
	command: Command,
	bar: ProgressBar,
): SimulateOutput {
	const other = beyondScenario(command);
	if (other !== undefined) {
		throw usageError(
			`${other} does not go with --scenario: it is the scenario that says so.`,
		);
	}
	const cluster = clusterScenario(name);
	if (cluster) {
		return simulateCluster(cluster, flags.seed, bar);
	}
	const asked = command.getOptionValueSource('policy') === 'cli';
	return simulateScenario(
		loadScenario(name),
		flags.seed,
		asked ? flags.policy : undefined,
		bar,
	);
}

function herds(flags: Flags, bar: ProgressBar): SimulateOutput {
	const setups = flags.policy.map((policy) => herdSetup(flags, policy));
	const runs = setups.map((setup, i) =>
		simulateHerd(setup, (done) => {
			bar.update((i + done) / setups.length, setup.policy.name);
		}),
	);
	const results = runs.map(({ result }) => result);
	const first = setups[0]!;
	return {
		results,
		table: herdTable(first, results),
		page: () => herdPage(first, runs, adviceFor(first, bar)),
	};
}

/** Nothing can be recommended for a node without a limit. */
function adviceFor(setup: HerdSetup, bar: ProgressBar): Advice | undefined {
	return setup.acceptRate === Infinity
		? undefined
		: recommend(herdAsScenario(setup), setup.seed, [], (done) => {
				bar.update(done, 'what to recommend');
			});
}
