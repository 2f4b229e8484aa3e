import type { Advice } from '../advice/index.js';
import type { Scenario, ScenarioRun } from '../scenarios/index.js';
import { answers, trialsSection } from './answers.js';
import { panel, panels, type Curve } from './curves.js';
import { factsOf } from './facts.js';
import { htmlTable } from './html-table.js';
import { htmlPage, list, type Section } from './page.js';
import { lineName, scenarioColumns } from './scenario-table.js';

const HOUR_S = 3600;
/** A deploy with a chart of its own; more would be a book. */
const MOST_DEPLOYS = 6;

function curveOf(
	{ result, timeline }: ScenarioRun,
	name = lineName(result),
): Curve {
	return {
		name,
		policy: result.policy,
		devices: result.devices,
		...timeline,
	};
}

/** One deploy under each policy, every one with axes of its own: side by side a minute and a night can both be read. */
function deploySection(
	scenario: Scenario,
	index: number,
	all: ReadonlyArray<readonly [Curve, ScenarioRun]>,
): Section {
	const { atHours } = scenario.deploys[index]!;
	const next =
		scenario.deploys[index + 1]?.atHours ?? atHours + scenario.horizonHours;
	const charts = all.map(([curve, { result }]) => {
		const settled = result.deploys[index]!.settledAfterSeconds;
		const lasts = Math.min(
			(next - atHours) * HOUR_S,
			settled === null ? Infinity : Math.max(10, 1.1 * settled),
		);
		const from = atHours * HOUR_S;
		return panel(curve, {
			span: { from, until: from + lasts },
			since: 'the deploy',
			settledSeconds: settled,
			markers: [],
		});
	});
	return {
		title: `The deploy at ${atHours} h`,
		body: panels(charts),
		note: 'Each has axes of its own.',
	};
}

/** The page for one scenario. */
export function scenarioPage(
	scenario: Scenario,
	runs: readonly ScenarioRun[],
	advice: Advice,
	seed: number,
): string {
	const { deploys } = scenario;
	const recommended: ReadonlyArray<readonly [Curve, ScenarioRun]> = [
		[curveOf(advice.cut.run, 'agent, as recommended'), advice.cut.run],
		[
			curveOf(advice.drained.run, 'agent, as recommended and drained'),
			advice.drained.run,
		],
	];
	const all = [
		...runs.map((run) => [curveOf(run), run] as const),
		...recommended,
	];
	const shown = deploys.slice(0, MOST_DEPLOYS);
	return htmlPage(
		{
			title: `Scenario ${scenario.name}`,
			intro: scenario.title,
			facts: factsOf(scenario, seed),
		},
		answers(advice),
		[
			{
				title: 'Time until every device was back',
				body: htmlTable(
					'For each policy, after each deploy and in all',
					scenarioColumns(scenario),
					runs.map(({ result }) => result),
				),
			},
			...shown.map((_, i) => deploySection(scenario, i, all)),
			trialsSection(advice),
			...(scenario.known.length > 0
				? [{ title: 'What is known', body: list(scenario.known) }]
				: []),
			...(scenario.assumed.length > 0
				? [{ title: 'What is assumed', body: list(scenario.assumed) }]
				: []),
		],
	);
}
