import { CloudlinkError } from '../../errors.js';
import { nearest } from '../../options.js';
import { CLUSTER_SCENARIOS } from '../cluster/scripts.js';
import { incident20241119 } from './incident-2024-11-19.js';
import { incident20250910 } from './incident-2025-09-10.js';
import { checkScenario, type Scenario, type ScenarioInput } from './schema.js';

export { nodeBoundSeconds, nodeRate } from './fresh-node.js';
export { runScenario } from './run-scenario.js';
export type { DeployResult, ScenarioResult, ScenarioRun } from './result.js';
export {
	checkScenario,
	parseScenario,
	plainLine,
	type Scenario,
	type ScenarioInput,
	type ScenarioLine,
} from './schema.js';

/** The scenarios that come with the package. */
export const SCENARIOS: readonly ScenarioInput[] = [
	incident20241119,
	incident20250910,
];

/** Finds a bundled scenario; an unknown name is an error that says which one is nearest. */
export function scenarioNamed(name: string): Scenario {
	const found = SCENARIOS.find((scenario) => scenario.name === name);
	if (found) {
		return checkScenario(found, name);
	}
	const names = [...SCENARIOS, ...CLUSTER_SCENARIOS].map((known) => known.name);
	const near = nearest(name, names);
	throw new CloudlinkError(
		'ERR_CLOUDLINK_SCENARIO',
		`no scenario \`${name}\` comes with this package, nor is it a file; ` +
			(near ? `did you mean \`${near}\`?` : `known are ${names.join(', ')}.`),
	);
}
