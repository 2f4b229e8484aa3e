import type { Advice } from '../advice/index.js';
import type { ClusterResult, ClusterScenario } from '../cluster/scripts.js';
import { answers, trialsSection } from './answers.js';
import { clusterColumns } from './cluster-table.js';
import { panel, panels } from './curves.js';
import { factsOf } from './facts.js';
import { htmlTable } from './html-table.js';
import { htmlPage } from './page.js';

/** The page for a scenario on several nodes with the choice of node. */
export function clusterPage(
	cluster: ClusterScenario,
	results: readonly ClusterResult[],
	advice: Advice,
	seed: number,
): string {
	const { scenario, today, agent, cut, drained } = advice;
	const curves = [
		['stock devices today', today],
		['agent, told what is told today', agent],
		['agent, as recommended', cut],
		['agent, as recommended and drained', drained],
	] as const;
	const charts = curves.map(([name, { run, measured }]) =>
		panel(
			{
				name,
				policy: run.result.policy,
				devices: run.result.devices,
				...run.timeline,
			},
			{
				span: {
					from: 0,
					until: Math.max(
						10,
						1.1 * (measured.settledSeconds ?? scenario.horizonHours * 3600),
					),
				},
				since: 'the loss',
				settledSeconds: measured.settledSeconds,
				markers: [],
			},
		),
	);
	return htmlPage(
		{
			title: `Scenario ${cluster.name}`,
			intro: cluster.title,
			facts: factsOf(scenario, seed),
		},
		`${answers(advice)}
<p class="note">The answers are for one of these nodes being replaced; what the scenario itself came to is in the next table.</p>`,
		[
			{
				title: 'What the scenario came to',
				body: htmlTable(
					'With the choice of node and of transport, as devices make it',
					clusterColumns,
					results,
				),
			},
			{
				title: 'When one node is replaced',
				body: panels(charts),
				note: 'Each has axes of its own.',
			},
			trialsSection(advice),
		],
	);
}
