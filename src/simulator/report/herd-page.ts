import type { HerdRun } from '../herd/simulate-herd.js';
import type { HerdSetup } from '../herd/setup.js';
import { lineChart, scatterChart, type Series } from './chart.js';
import { herdColumns, herdTitle } from './herd-table.js';
import { htmlTable } from './html-table.js';
import { htmlPage, type Section } from './page.js';

/** Points that a line is drawn through. A rate takes fewer, for what comes in bursts would hide the rest. */
const SHARE_POINTS = 400;
const RATE_POINTS = 120;

const OURS = 'agent';

interface Bins {
	readonly widthMs: number;
	readonly counts: readonly number[];
}

/** Bins joined until those before `untilSeconds` are at most so many. */
function coarser(
	{ widthMs, counts }: Bins,
	untilSeconds: number,
	points: number,
): Bins {
	const factor = Math.max(
		1,
		Math.ceil((untilSeconds * 1000) / widthMs / points),
	);
	const joined: number[] = [];
	counts.forEach((count, i) => {
		const bin = Math.floor(i / factor);
		joined[bin] = (joined[bin] ?? 0) + count;
	});
	return { widthMs: widthMs * factor, counts: joined };
}

/** The share that is back, in per cent, against seconds since the loss. */
export function shareBack(
	bins: Bins,
	devices: number,
	untilSeconds: number,
): Array<[number, number]> {
	const { widthMs, counts } = coarser(bins, untilSeconds, SHARE_POINTS);
	let back = 0;
	const points = counts.map((count, i): [number, number] => {
		back += count;
		return [((i + 1) * widthMs) / 1000, (100 * back) / devices];
	});
	const last = points.at(-1)?.[1] ?? 0;
	return [
		[0, 0],
		...points,
		[Math.max(untilSeconds, points.at(-1)?.[0] ?? 0), last],
	];
}

/** Attempts a second against seconds since the loss. */
export function attemptRate(
	bins: Bins,
	untilSeconds: number,
): Array<[number, number]> {
	const { widthMs, counts } = coarser(bins, untilSeconds, RATE_POINTS);
	return counts.map((count, i) => [
		((i + 0.5) * widthMs) / 1000,
		(count * 1000) / widthMs,
	]);
}

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

/** The page for one setup under several policies. */
export function herdPage(setup: HerdSetup, runs: readonly HerdRun[]): string {
	const until = chartEnd(setup, runs);
	const bound = setup.devices / setup.acceptRate;
	const names = runs.map(({ result }) => result.policy);
	const series = (
		points: (run: HerdRun) => Array<[number, number]>,
	): Series[] =>
		runs.map((run, colour) => ({
			name: run.result.policy,
			colour,
			ours: run.result.policy === OURS,
			points: points(run),
		}));
	const rates = series(({ timeline }) => attemptRate(timeline.attempts, until));
	const highest = Math.max(
		10,
		...rates.flatMap(({ points }) => points.map(([, y]) => y)),
	);
	const time = {
		xLabel: 'seconds since the loss',
		xScale: 'linear',
		x: [0, until],
		markers: [
			...(bound > 0
				? [{ x: setup.outageSeconds + bound, name: 'lower bound' }]
				: []),
			...(setup.outageSeconds > 0
				? [{ x: setup.outageSeconds, name: 'node is up' }]
				: []),
		],
	} as const;
	const sections: Section[] = [
		{
			title: 'Result',
			body: htmlTable(
				herdColumns(bound > 0),
				runs.map(({ result }) => result),
			),
			note: 'T = N/R is when the last device would be back if the node were never idle and never refused anybody.',
		},
		{
			title: 'Devices that are back',
			body: lineChart(
				{
					...time,
					title: 'Devices that are back',
					yLabel: 'back, %',
					yScale: 'linear',
					y: [0, 100],
				},
				series(({ timeline }) =>
					shareBack(timeline.returns, setup.devices, until),
				),
			),
		},
		{
			title: 'Attempts a second',
			body: lineChart(
				{
					...time,
					title: 'Attempts a second',
					yLabel: 'attempts a second (log)',
					yScale: 'log',
					y: [1, highest],
				},
				rates,
			),
			note:
				bound > 0
					? `The node accepts ${setup.acceptRate} a second: what lies above that is work for nothing.`
					: undefined,
		},
		plane(setup, runs),
	];
	return htmlPage('How a fleet comes back', herdTitle(setup), names, sections);
}

/** Cost against benefit: attempts a device against the time until all are back. */
function plane(setup: HerdSetup, runs: readonly HerdRun[]): Section {
	const bound = setup.devices / setup.acceptRate;
	const end = ({ result }: HerdRun) =>
		(bound > 0 ? result.t100 : result.t100Seconds) ?? Infinity;
	const ends = runs.map(end).filter((value) => value !== Infinity);
	const costs = runs.map(({ result }) => result.attemptsPerDevice);
	const least = Math.min(1, ...ends);
	return {
		title: 'What it costs and what it brings',
		body: scatterChart(
			{
				title: 'Attempts against time',
				xLabel: 'attempts a device (log)',
				yLabel: bound > 0 ? 't100 / T (log)' : 't100, seconds (log)',
				xScale: 'log',
				yScale: 'log',
				x: [Math.min(0.8, ...costs), 1.3 * Math.max(10, ...costs)],
				y: [0.8 * least, 1.3 * Math.max(4 * least, ...ends)],
			},
			runs.map((run, colour) => ({
				name: run.result.policy,
				colour,
				x: run.result.attemptsPerDevice,
				y: end(run),
			})),
		),
		note: 'Down and to the left is better. A hollow mark at the upper edge never came back as a whole.',
	};
}
