import type { ClusterResult, ClusterScenario } from '../cluster/scripts.js';
import { textTable, type Column } from './table.js';

const orNone = (value: number | null) =>
	value === null ? '-' : value.toFixed(2);

export const clusterColumns: ReadonlyArray<Column<ClusterResult>> = [
	{
		title: 'variant',
		text: ({ hints, transports }) => `hints: ${hints}, ${transports}`,
	},
	{ title: 'links cut', text: ({ cut }) => String(cut) },
	{
		title: 'spread (max/mean)',
		text: ({ spread }) => spread.toFixed(3),
		value: ({ spread }) => spread,
	},
	{
		title: 'moved/least',
		text: ({ movedOverLeast }) => orNone(movedOverLeast),
		value: ({ movedOverLeast }) => movedOverLeast,
	},
	{
		title: 'moves each',
		text: ({ movesPerDevice }) => movesPerDevice.toFixed(2),
		value: ({ movesPerDevice }) => movesPerDevice,
	},
	{
		title: 'attempts/cut',
		text: ({ attemptsPerCut }) => orNone(attemptsPerCut),
		value: ({ attemptsPerCut }) => attemptsPerCut,
	},
	{
		title: 'peak/R',
		text: ({ peakOverRate }) => peakOverRate.toFixed(2),
		value: ({ peakOverRate }) => peakOverRate,
	},
	{
		title: 'longest away (s)',
		text: ({ longestAwaySeconds }) => longestAwaySeconds.toFixed(0),
		value: ({ longestAwaySeconds }) => longestAwaySeconds,
	},
	{
		title: 'mean away (s)',
		text: ({ meanAwaySeconds }) => meanAwaySeconds.toFixed(1),
		value: ({ meanAwaySeconds }) => meanAwaySeconds,
	},
];

/** What a scenario on several nodes came to, for a terminal. */
export function clusterTable(
	scenario: ClusterScenario,
	results: readonly ClusterResult[],
): string {
	const devices = scenario.devices.toLocaleString('en-US');
	return [
		`${scenario.name}: ${scenario.title}`,
		`${devices} devices with the real choice of node and of transport; a node takes a second what is 1/200 of its share.`,
		'',
		textTable(clusterColumns, results),
		'',
		'* best of its column.',
	].join('\n');
}
