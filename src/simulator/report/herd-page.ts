import type { Advice } from '../advice/index.js';
import { herdAsScenario } from '../advice/index.js';
import type { HerdRun } from '../herd/simulate-herd.js';
import type { HerdSetup } from '../herd/setup.js';
import type { ScenarioRun } from '../scenarios/index.js';
import { answers, trialsSection } from './answers.js';
import { escaped, scatterChart } from './chart.js';
import { panel, panels, rateOver, type Curve } from './curves.js';
import { factsOf } from './facts.js';
import { herdColumns, herdTitle } from './herd-table.js';
import { htmlTable } from './html-table.js';
import { htmlPage, type Section } from './page.js';
import { colourOf } from './palette.js';

/** Up to when the charts go: past the last to come back, unless he is far behind the rest. */
function chartEnd(setup: HerdSetup, runs: readonly HerdRun[]): number {
	const ends = runs
		.map(({ result }) => result.t100Seconds)
		.filter((end) => end !== null);
	const quickest = Math.min(...ends, Infinity);
	const bound = setup.devices / setup.acceptRate;
	const near = ends.filter((end) => end <= 3 * quickest);
	const last = Math.max(...near, 2 * bound, 30);
	return setup.outageSeconds + 1.1 * last;
}

function curveOf({ result, timeline }: HerdRun): Curve {
	const { policy, devices } = result;
	return { name: policy, policy, devices, ...timeline };
}

function recommendedCurve({ result, timeline }: ScenarioRun): Curve {
	const { policy, devices } = result;
	return { name: 'agent, as recommended', policy, devices, ...timeline };
}

/** The page for one setup under several policies. Without advice where the node has no limit. */
export function herdPage(
	setup: HerdSetup,
	runs: readonly HerdRun[],
	advice?: Advice,
): string {
	const until = chartEnd(setup, runs);
	const bound = setup.devices / setup.acceptRate;
	const span = { from: 0, until };
	const curves = [
		...runs.map(curveOf),
		...(advice ? [recommendedCurve(advice.cut.run)] : []),
	];
	const mostRate = curves
		.flatMap(({ attempts }) => rateOver(attempts, span))
		.reduce((most, [, y]) => Math.max(most, y), 10);
	const markers = [
		...(bound > 0
			? [{ x: setup.outageSeconds + bound, name: 'lower bound' }]
			: []),
		...(setup.outageSeconds > 0
			? [{ x: setup.outageSeconds, name: 'node is up' }]
			: []),
	];
	const sections: Section[] = [
		{
			title: 'Result',
			body: htmlTable(
				`${herdTitle(setup)}.`,
				herdColumns(bound > 0),
				runs.map(({ result }) => result),
			),
			note: 'T = N/R is when the last device would be back if the node were never idle and never refused anybody.',
		},
		{
			title: 'How each comes back',
			body: panels(
				curves.map((curve) =>
					panel(curve, {
						span,
						since: 'the loss',
						markers,
						mostDown: 100,
						mostRate,
					}),
				),
			),
			note:
				'All have the same axes.' +
				(bound > 0
					? ` The broken line is T, at which the last could be back. The node accepts ${setup.acceptRate} a second: what lies above that is work for nothing.`
					: ''),
		},
		...(runs.length > 1 ? [plane(setup, runs)] : []),
		...(advice ? [trialsSection(advice)] : []),
	];
	return htmlPage(
		{
			title: 'How a fleet comes back',
			intro: `${herdTitle(setup)}.`,
			facts: factsOf(herdAsScenario(setup), setup.seed),
		},
		advice
			? answers(advice) + firstHerd(setup)
			: '<p>The node has no limit: there is nothing to set, and all are back as soon as they dial.</p>',
		sections,
	);
}

/** What of the setup the advice leaves out. */
function firstHerd({ herds, stockShare }: HerdSetup): string {
	const parts = [
		herds > 1 &&
			'for a first herd, without what devices remember of earlier ones',
		stockShare > 0 && 'for a fleet in which all devices run the same',
	].filter((part) => part !== false);
	return parts.length === 0
		? ''
		: `<p class="note">The answers are ${parts.join(', and ')}.</p>`;
}

/** Cost against benefit: attempts a device against the time until all are back. */
function plane(setup: HerdSetup, runs: readonly HerdRun[]): Section {
	const bound = setup.devices / setup.acceptRate;
	const end = ({ result }: HerdRun) =>
		(bound > 0 ? result.t100 : result.t100Seconds) ?? Infinity;
	const ends = runs.map(end).filter((value) => value !== Infinity);
	const costs = runs.map(({ result }) => result.attemptsPerDevice);
	const least = Math.min(1, ...ends);
	const names = runs.map(
		({ result }) =>
			`<li><i class="key c${colourOf(result.policy)}"></i>${escaped(result.policy)}</li>`,
	);
	const words = runs
		.map(
			(run) =>
				`${run.result.policy}: ${run.result.attemptsPerDevice} attempts a device, ${end(run) === Infinity ? 'never all back' : end(run)}`,
		)
		.join('; ');
	return {
		title: 'What it costs and what it brings',
		body: `<figure>${scatterChart(
			{
				title: 'Attempts a device against the time until all are back',
				description: words,
				xLabel: 'attempts a device (log)',
				yLabel: bound > 0 ? 't100 / T (log)' : 't100, seconds (log)',
				xScale: 'log',
				yScale: 'log',
				x: [Math.min(0.8, ...costs), 1.6 * Math.max(10, ...costs)],
				y: [0.8 * least, 1.3 * Math.max(4 * least, ...ends)],
			},
			runs.map((run) => ({
				colour: colourOf(run.result.policy),
				x: run.result.attemptsPerDevice,
				y: end(run),
			})),
		)}</figure><ol>${names.join('')}</ol>`,
		note: 'Down and to the left is better. A hollow mark at the upper edge never came back as a whole.',
	};
}
