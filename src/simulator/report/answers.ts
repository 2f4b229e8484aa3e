import { leastRefused, type Advice, type Measured } from '../advice/index.js';
import { escaped } from './chart.js';
import { htmlTable } from './html-table.js';
import type { Section } from './page.js';
import type { Column } from './table.js';
import { doorWords, duration, grouped, times, windowToday } from './words.js';

interface Fleet {
	readonly name: string;
	readonly measured: Measured;
}

/** Today's fleet, and what it could be. */
function fleetsOf({ today, agent, cut, drained }: Advice): Fleet[] {
	return [
		{ name: 'Stock devices today', measured: today.measured },
		{ name: 'The agent, told what is told today', measured: agent.measured },
		{ name: 'The agent as recommended', measured: cut.measured },
		{
			name: 'As recommended, and the deploy drains',
			measured: drained.measured,
		},
	];
}

const settled = ({ settledSeconds }: Measured) =>
	settledSeconds === null
		? 'not before the next deploy, or ever'
		: duration(settledSeconds);

const each = ({ refused, cut }: Measured) =>
	grouped(refused / Math.max(1, cut));

const longestDrained = ({ longestAwaySeconds: longest }: Measured) =>
	longest === null
		? 'Where the deploy is planned and drains, some agents are without a link all the same: see the drains below.'
		: `Where the deploy is planned and drains, no agent is without a link for longer than ${duration(longest)}.`;

function howLong(advice: Advice): string[] {
	const { drained, boundSeconds } = advice;
	const [today, agent, cut] = fleetsOf(advice);
	return [
		...[today!, agent!, cut!].map(
			({ name, measured }) => `${name}: ${settled(measured)}.`,
		),
		longestDrained(drained.measured),
		`No client can be faster than ${duration(boundSeconds)}: the devices of a node over what it accepts.`,
	];
}

function howMany(advice: Advice): string[] {
	return fleetsOf(advice).map(
		({ name, measured }) =>
			`${name}: ${grouped(measured.refused)} attempts in vain, ${each(measured)} for each link that was cut.`,
	);
}

function whatCost(advice: Advice): string[] {
	return fleetsOf(advice).map(
		({ name, measured }) =>
			`${name}: ${grouped(measured.peakPerSecond)} attempts in the busiest second, ${times(measured.peakOverRate)} what the nodes take` +
			(measured.refusalShare === null
				? '.'
				: `; ${(100 * measured.refusalShare).toFixed(0)} % of their work is refusing.`),
	);
}

function whatToSet(advice: Advice): string[] {
	const { window, door, drain, limiter, limitPerSecond, scenario } = advice;
	const seconds = window.best.value;
	const plain =
		door &&
		leastRefused(door.trials.filter(({ value }) => value.refusal !== 'slots'));
	return [
		`Window: tell every live link ${Math.ceil(seconds)} s (today: ${windowToday(advice)}).`,
		limiter?.best.value === 'queue'
			? `Limiter: none in front of these nodes; a queue of ${grouped(scenario.nodes.queue!.backlogSeconds)} s serves this fleet no worse.`
			: `Limiter: ${grouped(limitPerSecond)} new links a second for each node, a second's worth at once, and refuse the rest without waiting.`,
		...(door
			? [
					`At the door: ${doorWords(door.best.value, seconds)}.` +
						(door.best.value.refusal === 'slots'
							? ` Where the door cannot count: ${doorWords(plain!.value, seconds)}.`
							: ''),
				]
			: [
					limiter?.best.value === 'limit'
						? `At the door: ${doorWords({ refusal: 'slots' }, seconds)}.`
						: 'At the door: as they are, these nodes refuse nobody, so nothing that could be said there was tried.',
				]),
		`Drain deadline: ${Math.ceil(drain.best.value)} s before a node that is replaced goes, with the new one up (today: ${
			scenario.deploys[0]!.drainSeconds > 0
				? `${scenario.deploys[0]!.drainSeconds} s`
				: 'none'
		}).`,
		stockDevices(advice),
	];
}

const backAfter = ({ settledSeconds }: Measured) =>
	settledSeconds === null
		? 'not all are back before the next deploy'
		: `all are back after ${duration(settledSeconds)}`;

/** What is recommended is for agents; for what else is there, a limit may be worse than none. */
function stockDevices({ limiter, today }: Advice): string {
	const deaf = 'Stock devices hear none of this, nor a drain';
	if (limiter?.best.value !== 'limit') {
		return `${deaf}: as today, ${backAfter(today.measured)}.`;
	}
	const { queue, limit } = limiter.stock;
	const slowness = ({ settledSeconds, meanAwaySeconds }: Measured) =>
		settledSeconds ?? 1e9 + meanAwaySeconds;
	const isWorse = slowness(limit) > slowness(queue);
	return `${deaf}: behind the limit, ${backAfter(limit)}; in the queue as it is, ${backAfter(queue)}.${isWorse ? ' Set the limit when hardly any of them are left.' : ''}`;
}

const figures: ReadonlyArray<Column<Fleet>> = [
	{ title: 'fleet', text: ({ name }) => name },
	{
		title: 'all back after',
		text: ({ measured }) =>
			measured.settledSeconds === null
				? 'not before the next deploy'
				: duration(measured.settledSeconds),
		value: ({ measured }) => measured.settledSeconds,
	},
	{
		title: 'longest without a link',
		text: ({ measured }) => duration(measured.longestAwaySeconds),
		value: ({ measured }) => measured.longestAwaySeconds,
	},
	{
		title: 'mean without a link',
		text: ({ measured }) => duration(measured.meanAwaySeconds),
		value: ({ measured }) => measured.meanAwaySeconds,
	},
	{
		title: 'attempts in vain',
		text: ({ measured }) => grouped(measured.refused),
		value: ({ measured }) => measured.refused,
	},
	{
		title: 'busiest second',
		text: ({ measured }) => grouped(measured.peakPerSecond),
		value: ({ measured }) => measured.peakPerSecond,
	},
];

/** The four answers of a page, in words, and the figures that they come from. */
export function answers(advice: Advice): string {
	const all: Array<[string, string[]]> = [
		['How long until all are back?', howLong(advice)],
		['How many are refused?', howMany(advice)],
		['What does it cost the nodes?', whatCost(advice)],
		['What should be set?', whatToSet(advice)],
	];
	const boxes = all.map(
		([question, lines]) =>
			`<section><h2>${question}</h2><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul></section>`,
	);
	return (
		`<div class="answers">${boxes.join('\n')}</div>\n` +
		htmlTable('Today beside what is recommended', figures, fleetsOf(advice))
	);
}

/** What was tried for each setting, so that a reader can choose otherwise. */
export function trialsSection(advice: Advice): Section {
	const { window, door, drain, limiter } = advice;
	interface Row {
		readonly value: string;
		readonly measured: Measured;
		readonly best: boolean;
	}
	const table = <Value>(
		caption: string,
		choice: { trials: ReadonlyArray<{ value: Value; measured: Measured }> } & {
			best: { value: Value };
		},
		words: (value: Value) => string,
	) =>
		htmlTable<Row>(
			caption,
			[
				{
					title: 'tried',
					text: ({ value, best }) => (best ? `${value} (recommended)` : value),
				},
				{
					title: 'all back after',
					text: ({ measured }) => duration(measured.settledSeconds),
				},
				{
					title: 'mean without a link',
					text: ({ measured }) => duration(measured.meanAwaySeconds),
				},
				{
					title: 'in vain for each link cut',
					text: ({ measured }) => each(measured),
				},
				{
					title: 'busiest second over the rate',
					text: ({ measured }) => measured.peakOverRate.toFixed(1),
				},
			],
			choice.trials.map(({ value, measured }) => ({
				value: words(value),
				measured,
				best: value === choice.best.value,
			})),
		);
	const inSeconds = (value: number) => `${grouped(value)} s`;
	const seconds = window.best.value;
	return {
		title: 'What was tried',
		body: [
			table('The window that live links are told', window, inSeconds),
			door
				? table(
						'What is said at the door, with no window told',
						door,
						(value) => doorWords(value, seconds),
					)
				: '',
			table('The drain, with the window told', drain, inSeconds),
			limiter
				? table('A limit in front of nodes that queue', limiter, (value) =>
						value === 'queue' ? 'the queue as it is' : 'a limit at their rate',
					)
				: '',
		].join('\n'),
		note: 'Each is a run of the first deploy with the agent, on at most 4,000 devices and nodes that are slower by as much. Recommended is what has the fewest refusals among those that are within a quarter of the quickest; of drains, the shortest that cuts nobody off.',
	};
}
