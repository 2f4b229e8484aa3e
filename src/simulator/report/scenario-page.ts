import type { ScenarioRun } from '../scenarios/result.js';
import type { Scenario } from '../scenarios/schema.js';
import { lineChart, type Series } from './chart.js';
import { attemptRate } from './herd-page.js';
import { htmlTable } from './html-table.js';
import { htmlPage, list } from './page.js';
import { lineName, scenarioColumns } from './scenario-table.js';

const MINUTE_S = 60;
const HOUR_S = 3600;

/** The share of the fleet that has a link, in per cent, against hours. */
function shareUp(
	{ timeline }: ScenarioRun,
	devices: number,
): Array<[number, number]> {
	const { cuts, returns } = timeline;
	// The two may have bins of different widths: walk through the changes in the order of time.
	const changes = [
		...cuts.counts.map((count, i) => [i * cuts.widthMs, -count] as const),
		...returns.counts.map(
			(count, i) => [(i + 1) * returns.widthMs, count] as const,
		),
	].sort((a, b) => a[0] - b[0]);
	let up = devices;
	const points: Array<[number, number]> = [[0, 100]];
	for (const [atMs, change] of changes) {
		if (change !== 0) {
			const hours = atMs / 1000 / HOUR_S;
			points.push([hours, (100 * up) / devices]);
			up += change;
			points.push([hours, (100 * up) / devices]);
		}
	}
	return points;
}

/** The page for one scenario. */
export function scenarioPage(
	scenario: Scenario,
	runs: readonly ScenarioRun[],
): string {
	const { devices, deploys } = scenario;
	const last = deploys.at(-1)!.atHours;
	const ends = runs.map(({ result }) => result.settledAfterHours ?? last + 12);
	const until = 1.05 * Math.max(last + 1, ...ends);
	const names = runs.map(({ result }) => lineName(result));
	const series = (
		points: (run: ScenarioRun) => Array<[number, number]>,
	): Series[] =>
		runs.map((run, colour) => ({
			name: names[colour]!,
			colour,
			ours: run.result.policy === 'agent',
			points: points(run),
		}));
	const time = {
		xLabel: 'hours',
		xScale: 'linear',
		x: [0, until],
		markers: deploys.map(({ atHours }) => ({ x: atHours, name: 'deploy' })),
	} as const;
	const rates = series(({ timeline }) =>
		attemptRate(timeline.attempts, until * HOUR_S).map(
			([seconds, rate]): [number, number] => [
				seconds / HOUR_S,
				rate * MINUTE_S,
			],
		),
	);
	const highest = Math.max(
		10,
		...rates.flatMap(({ points }) => points.map(([, y]) => y)),
	);
	const share = series((run) => shareUp(run, devices));
	const lowest = Math.min(
		...share.flatMap(({ points }) => points.map(([, y]) => y)),
	);
	return htmlPage(`Scenario ${scenario.name}`, scenario.title, names, [
		{
			title: 'Time until every device was back',
			body: htmlTable(
				scenarioColumns(scenario),
				runs.map(({ result }) => result),
			),
		},
		{
			title: 'Devices that have a link',
			body: lineChart(
				{
					...time,
					title: 'Devices that have a link',
					yLabel: 'up, %',
					yScale: 'linear',
					y: [Math.max(0, Math.floor(lowest / 10) * 10 - 5), 100],
				},
				share,
			),
		},
		{
			title: 'Attempts a minute',
			body: lineChart(
				{
					...time,
					title: 'Attempts a minute',
					yLabel: 'attempts a minute (log)',
					yScale: 'log',
					y: [1, highest],
				},
				rates,
			),
		},
		...(scenario.known.length > 0
			? [{ title: 'What is known', body: list(scenario.known) }]
			: []),
		...(scenario.assumed.length > 0
			? [{ title: 'What is assumed', body: list(scenario.assumed) }]
			: []),
	]);
}
