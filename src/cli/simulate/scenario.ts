import { existsSync, readFileSync } from 'node:fs';

import {
	CLUSTER_SCENARIOS,
	clusterAsScenario,
	clusterPage,
	clusterTable,
	parseScenario,
	plainLine,
	recommend,
	runCluster,
	runScenario,
	SCENARIOS,
	scenarioNamed,
	scenarioPage,
	scenarioTable,
	type ClusterScenario,
	type Policy,
	type Scenario,
} from '../../simulator/index.js';
import type { ProgressBar } from './progress.js';

/** What there is to print and to write. */
export interface SimulateOutput {
	readonly results: readonly unknown[];
	readonly table: string;
	readonly page: () => string;
}

/** A scenario on several nodes with the choice of node, if this is the name of one. */
export function clusterScenario(name: string): ClusterScenario | undefined {
	return CLUSTER_SCENARIOS.find((scenario) => scenario.name === name);
}

/** Runs each variant of such a scenario. */
export function simulateCluster(
	scenario: ClusterScenario,
	seed: number,
	bar: ProgressBar,
): SimulateOutput {
	const { variants, name } = scenario;
	const results = variants.map((variant, i) => {
		bar.update(i / variants.length, name);
		return runCluster(scenario, variant, seed);
	});
	const page = () =>
		clusterPage(
			scenario,
			results,
			recommend(clusterAsScenario(scenario), seed, [], (done) => {
				bar.update(done, 'what to recommend');
			}),
			seed,
		);
	return { results, table: clusterTable(scenario, results), page };
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
				return listed.length > 0 ? listed : [plainLine(name)];
			});
}

/** Runs a scenario for each line of its comparison. */
export function simulateScenario(
	scenario: Scenario,
	seed: number,
	policies: readonly Policy[] | undefined,
	bar: ProgressBar,
): SimulateOutput {
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
		page: () => {
			const advice = recommend(scenario, seed, runs, (done) => {
				bar.update(done, 'what to recommend');
			});
			return scenarioPage(scenario, runs, advice, seed);
		},
	};
}
