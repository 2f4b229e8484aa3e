import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HerdResult,
	type HerdSetup,
	type OutageLook,
	type Stage,
} from '../../../src/simulator/index.js';
import { drawnBounds } from '../pacing/rows.js';
import { sentAway } from './sent-away.js';

export type Figures = Record<string, number>;

/** One world: what is measured in it, and the most that the agent may come to. */
export interface World {
	/** A short word to choose it by. */
	readonly id: string;
	readonly title: string;
	measure(policy: string, seed: number): Figures;
	/** By the name of a figure. */
	readonly targets: Figures;
	/** Of the agent; others run with one. @default 5 */
	readonly seeds?: number;
	/** Whether others are measured beside it. @default true */
	readonly peers?: boolean;
}

type Overrides = Partial<Omit<HerdSetup, 'policy' | 'stockPolicy'>>;

function herd(policy: string, overrides: Overrides): HerdResult {
	return simulateHerd({
		...HERD_DEFAULTS,
		policy: policyNamed(policy),
		stockPolicy: policyNamed('balena-tcp-reset'),
		...overrides,
	}).result;
}

/** What every world is judged by; Infinity where it never came to be. */
function figuresOf(result: HerdResult): Figures {
	const pick = (value: number | null | undefined) => value ?? Infinity;
	return {
		't50/T': pick(result.t50),
		'mean/T': pick(result.mean),
		't99/T': pick(result.t99),
		't100/T': pick(result.t100),
		't50 s': pick(result.t50Seconds),
		'mean s': pick(result.meanSeconds),
		't99 s': pick(result.t99Seconds),
		't100 s': pick(result.t100Seconds),
		attempts: result.attemptsPerDevice,
		...(result.downtimeP95OverP5 === undefined
			? {}
			: {
					'p95/p5': pick(result.downtimeP95OverP5),
					rank: pick(result.rankCorrelation),
				}),
	};
}

function world(
	id: string,
	title: string,
	setup: Overrides,
	targets: Figures,
	more: Pick<World, 'seeds' | 'peers'> = {},
): World {
	const measure = (policy: string, seed: number) =>
		figuresOf(herd(policy, { ...setup, seed }));
	return { id, title, targets, measure, ...more };
}

/** A fleet of so many devices, whose node needs `bound` seconds for it. */
const fleet = (bound: number, devices = 5000) => ({
	devices,
	acceptRate: devices / bound,
});
/** A node of this rate. */
const node = (bound: number, acceptRate: number) => ({
	devices: Math.round(bound * acceptRate),
	acceptRate,
});
/** The named values of T, and three more that nothing was tuned on. */
const drawn = (name: string, named: readonly number[]) => [
	...named,
	...drawnBounds(3, Math.min(...named), Math.max(...named), name),
];

const STAGES: readonly Stage[] = ['tls', 'upgrade', 'login'];

const queues: World[] = [
	...drawn('queue', [20, 60]).map((bound, i) =>
		world(
			'queue',
			`queue that holds all, T = ${bound} s, stage ${STAGES[i % 3]!}`,
			{
				...fleet(bound),
				door: 'queue',
				backlogSeconds: 300,
				stage: STAGES[i % 3]!,
			},
			{ 't100/T': 1.05, attempts: 1.005 },
		),
	),
	...drawn('queue mid', [120, 400]).flatMap((bound, i) =>
		(i < 2 ? [30, 60, 300] : [60]).map((backlogSeconds) =>
			world(
				'queue-mid',
				`queue, T = ${bound} s, backlog ${backlogSeconds} s`,
				{ ...fleet(bound), door: 'queue', backlogSeconds },
				{ 't100/T': 1.9, attempts: 4 },
				{ seeds: 3 },
			),
		),
	),
	...drawn('queue large', [1000, 2000]).flatMap((bound, i) =>
		(i < 2 ? [30, 300] : [60]).map((backlogSeconds) =>
			world(
				'queue-large',
				`queue, T = ${bound} s, backlog ${backlogSeconds} s`,
				{ ...fleet(bound), door: 'queue', backlogSeconds, stage: 'tls' },
				{ 't100/T': 1.5, attempts: 6 },
				{ seeds: 2 },
			),
		),
	),
	...(
		[
			[200, 1.9],
			[400, 2.8],
			[1000, 4],
			[2000, 5],
		] as const
	).map(([bound, most]) =>
		world(
			'queue-unbounded',
			`queue without bound, T = ${bound} s`,
			{ ...fleet(bound, 2000), door: 'queue', backlogSeconds: Infinity },
			{ 't100/T': most },
			{ seeds: 2 },
		),
	),
];

const HOUR = 3600;
const LOOKS: ReadonlyArray<[OutageLook, Stage]> = [
	['reset', 'upgrade'],
	['503', 'upgrade'],
	['silent', 'tls'],
	['silent', 'login'],
	['401', 'upgrade'],
];

const outages: World[] = LOOKS.flatMap(([outageAs, stage]) =>
	[600, HOUR, 4 * HOUR, 28 * HOUR].map((outageSeconds) => {
		const short = outageSeconds === 600;
		const rejected = outageAs === '401';
		return world(
			'outage',
			`outage of ${short ? '10 min' : `${outageSeconds / HOUR} h`} as ${outageAs}${outageAs === 'silent' ? ` in ${stage}` : ''}, T = 200 s`,
			{ ...fleet(200, 4000), outageSeconds, outageAs, stage },
			short
				? { 't99 s': 500 }
				: { 't50 s': 900, 't99 s': rejected ? 3600 : 2400 },
			{ seeds: 2, peers: outageSeconds <= 4 * HOUR },
		);
	}),
);

const lone = world(
	'outage-lone',
	'one device alone after 4 h of 503 (500 of them)',
	{
		devices: 500,
		acceptRate: Infinity,
		outageSeconds: 4 * HOUR,
		outageAs: '503',
	},
	{ 't50 s': 900 },
);

const buckets: World[] = [
	world('large', 'no hint, T = 2000 s, cost 0.1', fleet(2000, 20_000), {
		't100/T': 2.15 * 1.05,
	}),
	world(
		'large',
		'no hint, T = 2000 s, cost 0.3',
		{ ...fleet(2000, 20_000), rejectCost: 0.3 },
		{ 't100/T': 2.77 * 1.05 },
	),
	world(
		'large',
		'no hint, T = 2000 s, unbounded debt',
		{ ...fleet(2000, 20_000), rejectDebtSeconds: Infinity },
		{ 't100/T': 2.25 * 1.05 },
		{ peers: false },
	),
	world('large', 'no hint, T = 6000 s', fleet(6000, 20_000), {
		't100/T': 4.33 * 1.05,
	}),
];

const constants: World[] = [1, 5, 30, 120, 300].flatMap((retryAfterSeconds) =>
	[5, 20, 50, 200, 400].map((bound): World => {
		const setup = node(bound, 50);
		return {
			id: 'constant',
			title: `constant Retry-After of ${retryAfterSeconds} s, T = ${bound} s`,
			measure(policy, seed) {
				const bare = herd(policy, { ...setup, seed });
				const told = herd(policy, {
					...setup,
					hints: 'constant',
					retryAfterSeconds,
					seed,
				});
				const last = (result: HerdResult) => result.t100Seconds ?? Infinity;
				return {
					...figuresOf(told),
					// Two runs differ by chance even where both follow the same law.
					'over bare': last(told) / (1.05 * last(bare) + retryAfterSeconds),
				};
			},
			targets: { 'over bare': 1 },
			seeds: 3,
			peers: retryAfterSeconds === 30,
		};
	}),
);

const windows: World[] = [
	...(
		[
			[0.5, 1.8],
			[0.8, 1.8],
			[1.5, 1.6],
			[3, 3.2],
		] as const
	).flatMap(([windowError, most]) =>
		[200, ...drawnBounds(1, 50, 1000, `error ${windowError}`)].map((bound) =>
			world(
				'window-error',
				`window told ${windowError} times T, T = ${bound} s`,
				{ ...fleet(bound, 20_000), hints: 'window', windowError },
				{ 't100/T': most },
				{ peers: bound === 200, seeds: 3 },
			),
		),
	),
	...(
		[
			[20, 1.75],
			[200, 1.15],
		] as const
	).map(([bound, most]) =>
		world(
			'door-window',
			`window told at the door, T = ${bound} s`,
			{ ...fleet(bound, 10_000), hints: 'door-window' },
			{ 't100/T': most },
		),
	),
];

const smallNodes: World[] = (
	[
		[5, 1.35, 2.4],
		[2, 1.9, 3.4],
		[1, 3, 5],
	] as const
).flatMap(([rate, told, bare]) => [
	world(
		'small-node',
		`R = ${rate}, T = 200 s, window`,
		{ ...node(200, rate), hints: 'window' },
		{ 't100/T': told },
		{ seeds: 20 },
	),
	world(
		'small-node',
		`R = ${rate}, T = 200 s, no hint`,
		node(200, rate),
		{ 't100/T': bare },
		{ seeds: 20 },
	),
]);

const shortHerds: World[] = [5, 10, 20, ...drawnBounds(3, 5, 20, 'short')].map(
	(bound) =>
		world(
			'short',
			`no hint, T = ${bound} s`,
			fleet(bound, 20_000),
			bound === 20 ? { 't100 s': 35, 'mean s': 15 } : { 't100 s': 35 },
			{ seeds: 3 },
		),
);

/** The bound of a world whose node changes: when a perfect fleet would be back. */
function changed(
	title: string,
	happening: HerdSetup['changes'],
	boundSeconds: number,
	fromSeconds: number,
	most: number,
): World {
	return {
		id: 'changes',
		title,
		measure(policy, seed) {
			const result = herd(policy, {
				...fleet(200, 20_000),
				changes: happening,
				seed,
			});
			const figures = figuresOf(result);
			return {
				...figures,
				't100/bound': (figures['t100 s']! - fromSeconds) / boundSeconds,
			};
		},
		targets: { 't100/bound': most },
		seeds: 3,
	};
}

const changes: World[] = [
	changed(
		'node restarts at 100 s, T = 200 s',
		[{ atSeconds: 100, restart: true }],
		200,
		100,
		2,
	),
	changed(
		'node restarts at 60 and 150 s, T = 200 s',
		[
			{ atSeconds: 60, restart: true },
			{ atSeconds: 150, restart: true },
		],
		200,
		150,
		2,
	),
	changed(
		'R halves at 100 s, T = 200 s',
		[{ atSeconds: 100, rate: 0.5 }],
		300,
		0,
		1.8,
	),
	changed(
		'R falls to a tenth at 100 s, T = 200 s',
		[{ atSeconds: 100, rate: 0.1 }],
		1100,
		0,
		3,
	),
	changed(
		'R oscillates, half and whole every 60 s',
		Array.from({ length: 20 }, (_, i) => ({
			atSeconds: 60 * (i + 1),
			rate: i % 2 === 0 ? 0.5 : 1,
		})),
		260,
		0,
		1.9,
	),
	changed(
		'R rises from a fifth at 100 s',
		[
			{ atSeconds: 0, rate: 0.2 },
			{ atSeconds: 100, rate: 1 },
		],
		280,
		0,
		1.9,
	),
	changed(
		'N doubles at 100 s, T = 200 s in all',
		[{ atSeconds: 100, joining: 1 }],
		200,
		0,
		1.9,
	),
];

const fairness: World[] = [
	world(
		'fairness',
		'five herds, T = 200 s',
		{ ...fleet(200, 10_000), herds: 5 },
		{ 'p95/p5': 2.5, rank: 0.3 },
		{ seeds: 2 },
	),
	world(
		'fairness',
		'five herds, T = 200 s, each process restarted between',
		{ ...fleet(200, 10_000), herds: 5, restarts: true },
		{ 'p95/p5': 2.5, rank: 0.3 },
		{ seeds: 2, peers: false },
	),
	{
		id: 'golden',
		title: 'all state files alike, T = 200 s',
		measure(policy, seed) {
			const fresh = herd(policy, { ...fleet(200, 10_000), seed });
			const alike = herd(policy, {
				...fleet(200, 10_000),
				herds: 2,
				goldenImage: true,
				seed,
			});
			return {
				...figuresOf(alike),
				'over fresh': (alike.t99 ?? Infinity) / (fresh.t99 ?? 0),
			};
		},
		targets: { 'over fresh': 1.1 },
		seeds: 2,
		peers: false,
	},
];

const single: World[] = [
	world(
		'lone',
		'one device, healthy node (2,000 of them)',
		{ devices: 2000, acceptRate: Infinity },
		{ 't50 s': 2, 't99 s': 5 },
	),
	{
		id: 'sent-away',
		title: 'links taken and sent away, for ever',
		measure: (_policy, seed) => sentAway(seed),
		targets: { 'most an hour': 80, 'most a minute': 6, 'most a second': 1 },
		peers: false,
	},
];

/** Every world of one node, in the order of the table. */
export const WORLDS: readonly World[] = [
	...queues,
	...outages,
	lone,
	...buckets,
	...constants,
	...windows,
	...smallNodes,
	...shortHerds,
	...changes,
	...fairness,
	...single,
];
