import { writeFileSync } from 'node:fs';

import type { Command } from 'commander';

import { systemClock } from '../runtime/index.js';
import {
	herdPage,
	herdTable,
	policyNamed,
	simulateHerd,
	type HerdRun,
	type HerdSetup,
} from '../simulator/index.js';
import { addArguments, type Flags } from './simulate/arguments.js';
import { ProgressBar } from './simulate/progress.js';

/** Adds `cloudlink-agent simulate`. */
export function addSimulate(program: Command): void {
	const command = program
		.command('simulate')
		.description(
			'Simulate a fleet that lost its node: how long each policy takes to bring it back, and what it costs.',
		);
	addArguments(command).action((flags: Flags) => {
		simulateHerds(flags);
	});
}

function simulateHerds(flags: Flags): void {
	const setups = flags.policy.map((policy): HerdSetup => ({
		...flags,
		policy,
		rejectDebtSeconds: flags.rejectDebt,
		outageSeconds: flags.outage,
		stockPolicy: policyNamed('balena-tcp-reset'),
		restarts: flags.restarts ?? false,
	}));
	const bar = new ProgressBar(process.stderr, systemClock);
	const runs = setups.map((setup, i): HerdRun => {
		const { name } = setup.policy;
		const run = simulateHerd(setup, (done) => {
			bar.update((i + done) / setups.length, name);
		});
		bar.update((i + 1) / setups.length, name);
		return run;
	});
	bar.clear();
	const results = runs.map(({ result }) => result);
	if (flags.html !== undefined) {
		writeFileSync(flags.html, herdPage(setups[0]!, runs));
	}
	process.stdout.write(
		flags.json
			? `${JSON.stringify(results, null, '\t')}\n`
			: `${herdTable(setups[0]!, results)}\n`,
	);
}
