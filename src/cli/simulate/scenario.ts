import { existsSync, readFileSync } from 'node:fs';

import {
	parseScenario,
	runScenario,
	SCENARIOS,
	scenarioNamed,
	scenarioPage,
	scenarioTable,
	type Policy,
	type Scenario,
} from '../../simulator/index.js';
import type { ProgressBar } from './progress.js';

/** What a scenario run prints and writes. */
export interface ScenarioOutput {
	readonly results: readonly unknown[];
	readonly table: string;
	readonly page: () => string;
}

/** A scenario by its bundled name, or from a file. A name that comes with the package wins. */
export function loadScenario(nameOrFile: string): Scenario {
	const isBundled = SCENARIOS.some(({ name }) => name === nameOrFile);
	if (isBundled || !existsSync(nameOrFile)) {
		return scenarioNamed(nameOrFile);
	}
	return parseScenario(readFileSync(nameOrFile, 'utf8'), nameOrFile);
}

/** What is compared: what the scenario says or, of each policy that was asked for, its lines there or a plain one. */
function linesOf(
	{ compare }: Scenario,
	policies: readonly Policy[] | undefined,
): Scenario['compare'] {
	return policies === undefined
		? compare
		: policies.flatMap(({ name }) => {
				const listed = compare.filter(({ policy }) => policy === name);
				return listed.length > 0
					? listed
					: [{ policy: name, hints: 'none' as const }];
			});
}

/** Runs a scenario for each line of its comparison. */
export function simulateScenario(
	scenario: Scenario,
	seed: number,
	policies: readonly Policy[] | undefined,
	bar: ProgressBar,
): ScenarioOutput {
	const lines = linesOf(scenario, policies);
	const runs = lines.map((line, i) =>
		runScenario(scenario, line, seed, (done) => {
			bar.update((i + done) / lines.length, line.policy);
		}),
	);
	const results = runs.map(({ result }) => result);
	return {
		results,
		table: scenarioTable(scenario, results),
		page: () => scenarioPage(scenario, runs),
	};
}
