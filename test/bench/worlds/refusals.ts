import {
	figuresOf,
	fleet,
	herd,
	node,
	threeOf,
	withDrawn,
	world,
	type Figures,
	type World,
} from './world.js';

/** A fleet that is large for its node. Others never come back here: a quarter of it shows that, in a quarter of the time. */
function large(
	title: string,
	bound: number,
	setup: Parameters<typeof herd>[1],
	most: number,
	peers = true,
): World {
	return {
		id: 'large',
		title,
		measure(policy, seed) {
			const devices = policy === 'agent' ? 20_000 : 5000;
			const all = { ...fleet(bound, devices), ...setup, seed };
			return figuresOf(herd(policy, all));
		},
		targets: { 't100/T': most },
		peers,
	};
}

const larges: World[] = [
	large('no hint, T = 2000 s, cost 0.1', 2000, {}, 2.15 * 1.05),
	large(
		'no hint, T = 2000 s, cost 0.3',
		2000,
		{ rejectCost: 0.3 },
		2.77 * 1.05,
	),
	large(
		'no hint, T = 2000 s, unbounded debt',
		2000,
		{ rejectDebtSeconds: Infinity },
		2.25 * 1.05,
		false,
	),
	large('no hint, T = 6000 s', 6000, {}, 4.33 * 1.05),
];

const mean = (values: readonly number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the yardstick's fleet, at values of T that nothing was tuned on. */
function firstHerds(draw: string): World {
	const bounds = Array.from({ length: 6 }, (_, i) =>
		threeOf(`${draw} first ${i}`, 50, 1600),
	).flat();
	return {
		id: 'first-herd',
		title: `no hint, first herd, ${bounds.length} T drawn from 50 to 1600 s`,
		measure(policy, seed) {
			const all = bounds.map((bound, i) =>
				figuresOf(herd(policy, { ...fleet(bound, 20_000), seed: seed + i })),
			);
			const of = (figure: string) => all.map((one) => one[figure]!);
			return {
				'mean t100/T': mean(of('t100/T')),
				'worst t100/T': Math.max(...of('t100/T')),
				attempts: mean(of('attempts')),
			};
		},
		targets: { 'mean t100/T': 1.92, 'worst t100/T': 2.5, attempts: 5 },
		seeds: 1,
		peers: false,
	};
}

/** The last device of a small fleet is chance, so both sides are a mean over so many fleets. */
const CONSTANT_FLEETS = 6;

function constant(retryAfterSeconds: number, bound: number): World {
	const setup = node(bound, 20);
	return {
		id: 'constant',
		title: `constant Retry-After of ${retryAfterSeconds} s, T = ${bound} s`,
		measure(policy, seed) {
			const bare: number[] = [];
			const told: number[] = [];
			let figures: Figures = {};
			for (let i = 0; i < CONSTANT_FLEETS; i++) {
				const one = { ...setup, seed: seed * CONSTANT_FLEETS + i };
				const constantly = { hints: 'constant', retryAfterSeconds } as const;
				bare.push(herd(policy, one).t100Seconds ?? Infinity);
				figures = figuresOf(herd(policy, { ...one, ...constantly }));
				told.push(figures['t100 s']!);
			}
			return {
				...figures,
				'over bare': mean(told) / (1.05 * mean(bare) + retryAfterSeconds),
			};
		},
		targets: { 'over bare': 1 },
		peers: retryAfterSeconds === 30,
	};
}

const constants = (draw: string): World[] =>
	[1, 5, 30, 120, 300].flatMap((seconds) =>
		(seconds === 30
			? withDrawn(draw, [5, 20, 50, 200, 400])
			: [5, 20, 50, 200, 400]
		).map((bound) => constant(seconds, bound)),
	);

const ERRORS: ReadonlyArray<readonly [number, number]> = [
	[0.5, 1.8],
	[0.8, 1.8],
	[1.5, 1.6],
	[3, 3.2],
];

const windows = (draw: string): World[] => [
	...ERRORS.flatMap(([windowError, most]) =>
		[200, ...threeOf(`${draw} ${windowError}`, 50, 1000)].map((bound) =>
			world(
				'window-error',
				`window told ${windowError} times T, T = ${bound} s`,
				{ ...fleet(bound, 20_000), hints: 'window', windowError },
				{ 't100/T': most },
				{ peers: bound === 200 },
			),
		),
	),
	...withDrawn(draw, [20, 200]).map((bound) =>
		world(
			'door-window',
			`window told at the door, T = ${bound} s`,
			{ ...fleet(bound, 10_000), hints: 'door-window' },
			{ 't100/T': bound === 200 ? 1.15 : 1.75 },
			{ peers: bound === 20 || bound === 200 },
		),
	),
];

const SMALL: ReadonlyArray<readonly [number, number, number]> = [
	[5, 1.35, 2.4],
	[2, 1.9, 3.4],
	[1, 3, 5],
];

const smallNodes = (draw: string): World[] =>
	SMALL.flatMap(([rate, told, bare]) =>
		[200, ...threeOf(`${draw} ${rate}`, 50, 800)].flatMap((bound) => [
			world(
				'small-node',
				`R = ${rate}, T = ${bound} s, window`,
				{ ...node(bound, rate), hints: 'window' },
				{ 't100/T': told },
				{ seeds: 20, peers: bound === 200 },
			),
			world(
				'small-node',
				`R = ${rate}, T = ${bound} s, no hint`,
				node(bound, rate),
				{ 't100/T': bare },
				{ seeds: 20, peers: bound === 200 },
			),
		]),
	);

const shortHerds = (draw: string): World[] =>
	[5, 10, 20, ...threeOf(draw, 5, 20)].map((bound) =>
		world(
			'short',
			`no hint, T = ${bound} s`,
			fleet(bound, 20_000),
			bound === 20 ? { 't100 s': 35, 'mean s': 15 } : { 't100 s': 35 },
		),
	);

/** A node that refuses whom it has no room for, and what it says to them. */
export const refusals = (draw: string): World[] => [
	firstHerds(draw),
	...larges,
	...constants(draw),
	...windows(draw),
	...smallNodes(draw),
	...shortHerds(draw),
];
