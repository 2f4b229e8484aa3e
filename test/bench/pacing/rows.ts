import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HerdResult,
	type HerdSetup,
	type Recovery,
} from '../../../src/simulator/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

/** One figure of a row, and the most that it may be; no target where it is only reported. */
export interface Figure {
	readonly name: string;
	readonly value: number;
	readonly target?: number;
}

/** A row of the table of targets. */
export interface Row {
	/** A short word to choose it by. */
	readonly id: string;
	readonly title: string;
	figures(policy: string, seeds: readonly number[]): Figure[];
	/** Whether the other policies stand beside ours here: on one row of each kind. */
	readonly peers: boolean;
	/** The same for a peer, where all the runs that ours are judged by would take too long. @default figures */
	brief?(policy: string, seeds: readonly number[]): Figure[];
}

type Overrides = Partial<Omit<HerdSetup, 'policy' | 'stockPolicy'>>;

/** A fleet that takes T seconds at best: 20,000 devices or more, and a node of at least 100 a second. */
function fleetOf(bound: number, leastRate = 100) {
	const acceptRate = Math.max(leastRate, 20_000 / bound);
	return { devices: Math.round(acceptRate * bound), acceptRate };
}

/** The yardstick's fleet: 20,000 devices, whatever the node's rate. */
function yardstick(bound: number) {
	return { devices: 20_000, acceptRate: 20_000 / bound };
}

function herd(policy: string, overrides: Overrides): HerdResult {
	return simulateHerd({
		...HERD_DEFAULTS,
		policy: policyNamed(policy),
		stockPolicy: policyNamed('balena-tcp-reset'),
		...overrides,
	}).result;
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean over seeds of something; Infinity when one run did not get there. */
function over(
	seeds: readonly number[],
	run: (seed: number) => HerdResult,
): (pick: (result: HerdResult) => number | null | undefined) => number {
	const results = seeds.map(run);
	return (pick) => mean(results.map((result) => pick(result) ?? Infinity));
}

function group(result: HerdResult, name: string): Recovery | undefined {
	return result.groups?.find((part) => part.group === name);
}

function windowRow(bound: number, rejectCost: number): Row {
	return {
		id: 'window',
		title: `window known, N/R = ${bound} s, reject cost ${rejectCost}`,
		peers: bound === 200 && rejectCost === 0.1,
		figures(policy, seeds) {
			const fleet = fleetOf(bound, bound >= 2000 ? 200 : 100);
			// 400,000 devices need no average of five.
			const few = fleet.devices > 100_000 ? seeds.slice(0, 1) : seeds;
			const of = over(few, (seed) =>
				herd(policy, { ...fleet, rejectCost, hints: 'window', seed }),
			);
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: 1.05 },
				{
					name: 'attempts',
					value: of((r) => r.attemptsPerDevice),
					target: 1.05,
				},
				{ name: 'peak/R', value: of((r) => r.peakOverRate), target: 1.3 },
			];
		},
	};
}

function slotsRow(bound: number): Row {
	return {
		id: 'slots',
		title: `queue slots at the door, N/R = ${bound} s`,
		peers: bound === 200,
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, { ...yardstick(bound), hints: 'slots', seed }),
			);
			const target = bound >= 200 ? 1 + 15 / bound : 1.1;
			return [
				{ name: 't100/T', value: of((r) => r.t100), target },
				{
					name: 'attempts',
					value: of((r) => r.attemptsPerDevice),
					target: 2.05,
				},
			];
		},
	};
}

function hintLossRow(bound: number): Row {
	return {
		id: 'hint-loss',
		title: `a fifth lose every hint, N/R = ${bound} s`,
		peers: bound === 200,
		figures(policy, seeds) {
			const listed = bound === 200;
			const of = over(seeds, (seed) =>
				herd(policy, {
					...yardstick(bound),
					hints: 'window',
					hintLoss: 0.2,
					seed,
				}),
			);
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: listed ? 1.7 : 2 },
				{
					name: 'attempts',
					value: of((r) => r.attemptsPerDevice),
					...(listed ? { target: 1.4 } : {}),
				},
				{
					name: 'keepers t100/T',
					value: of((r) => group(r, policy)?.t100),
					target: listed ? 1.1 : 1.12,
				},
			];
		},
	};
}

function noHintRow(
	id: string,
	bound: number,
	rejectCost: number,
	targets: { t100: number; attempts?: number },
	rejectDebtSeconds = 10,
): Row {
	const debt = rejectDebtSeconds === Infinity ? ', unbounded debt' : '';
	return {
		id,
		title: `no hint, N/R = ${bound} s, reject cost ${rejectCost}${debt}`,
		peers: id !== 'neighbours',
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, {
					...yardstick(bound),
					rejectCost,
					rejectDebtSeconds,
					seed,
				}),
			);
			const attempts = of((r) => r.attemptsPerDevice);
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: targets.t100 },
				{
					name: 'attempts',
					value: attempts,
					...(targets.attempts ? { target: targets.attempts } : {}),
				},
				...(debt
					? [{ name: 'its bound', value: 1 + rejectCost * (attempts - 1) }]
					: []),
			];
		},
	};
}

/** So many values of N/R from a range, uniform in the logarithm; the same for every policy. */
export function drawnBounds(
	count: number,
	least: number,
	most: number,
	seed: string,
): number[] {
	const random = seededRandom(seed);
	return Array.from({ length: count }, () =>
		Number((least * (most / least) ** random()).toPrecision(4)),
	);
}

/** The first herd of fleets that nothing was tuned on, every `step`th of 60. */
function firstHerds(policy: string, step: number): Figure[] {
	const results = drawnBounds(60, 50, 1600, 'first herd').flatMap((bound, i) =>
		i % step === 0 ? [herd(policy, { ...yardstick(bound), seed: i + 1 })] : [],
	);
	const all = results.map(({ t100 }) => t100 ?? Infinity);
	const attempts = mean(results.map((result) => result.attemptsPerDevice));
	return [
		{ name: 'mean t100/T', value: mean(all), target: 1.9 },
		{ name: 'attempts', value: attempts, target: 5 },
		{ name: 'worst t100/T', value: Math.max(...all), target: 2.5 },
	];
}

const firstHerd: Row = {
	id: 'first-herd',
	title:
		'no hint, first herd ever, N/R drawn from 50 to 1600 s, 60 values (peers: every tenth)',
	peers: true,
	figures: (policy) => firstHerds(policy, 1),
	brief: (policy) => firstHerds(policy, 10),
};

function shortRow(bound: number): Row {
	return {
		id: 'short',
		title: `no hint, N/R = ${bound} s`,
		peers: true,
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, { ...yardstick(bound), seed }),
			);
			return [{ name: 't100, s', value: of((r) => r.t100Seconds), target: 60 }];
		},
	};
}

const constantRow: Row = {
	id: 'constant',
	title: 'constant Retry-After of 30 s, N/R = 200 s',
	peers: true,
	figures(policy, seeds) {
		const of = over(seeds, (seed) => herd(policy, { hints: 'constant', seed }));
		return [
			{ name: 't100/T', value: of((r) => r.t100), target: 1.75 },
			{ name: 'attempts', value: of((r) => r.attemptsPerDevice), target: 3.5 },
		];
	},
};

const memoryRows: Row[] = [
	{
		id: 'memory',
		title: 'no hint, second herd, N/R = 200 s',
		peers: true,
		figures(policy, seeds) {
			const of = over(seeds, (seed) => herd(policy, { herds: 2, seed }));
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: 1.7 },
				{ name: 'attempts', value: of((r) => r.attemptsPerDevice), target: 3 },
			];
		},
	},
	{
		id: 'memory',
		title: 'the same, each process restarted between herds',
		peers: false,
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, { herds: 2, restarts: true, seed }),
			);
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: 1.7 },
				{ name: 'attempts', value: of((r) => r.attemptsPerDevice), target: 3 },
			];
		},
	},
	{
		id: 'memory-drift',
		title: 'the twentieth herd beside the third, N/R = 200 s',
		peers: false,
		figures(policy, seeds) {
			const few = seeds.slice(0, 2);
			const third = over(few, (seed) => herd(policy, { herds: 3, seed }));
			const twentieth = over(few, (seed) => herd(policy, { herds: 20, seed }));
			const bound = third((r) => r.t100);
			return [
				{ name: 'third t100/T', value: bound },
				// "No worse" up to what differs from seed to seed.
				{
					name: '20th t100/T',
					value: twentieth((r) => r.t100),
					target: bound + 0.02,
				},
			];
		},
	},
	...[0.1, 10].map((lastHerdScale): Row => ({
		id: 'memory-misled',
		title: `a herd ${lastHerdScale} times as long as the remembered ones, N/R = 200 s`,
		peers: false,
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, { herds: 3, lastHerdScale, seed }),
			);
			return [
				{ name: 't100/T', value: of((r) => r.t100), target: 2.5 },
				{ name: 'attempts', value: of((r) => r.attemptsPerDevice) },
			];
		},
	})),
];

const outageRow: Row = {
	id: 'outage',
	title: '600 s hard outage, 10,000 devices, no limit after it',
	peers: true,
	figures(policy, seeds) {
		const of = over(seeds, (seed) =>
			herd(policy, {
				devices: 10_000,
				acceptRate: Infinity,
				outageSeconds: 600,
				seed,
			}),
		);
		return [
			{ name: 'p99, s', value: of((r) => r.t99Seconds), target: 90 },
			{ name: 'attempts', value: of((r) => r.attemptsPerDevice), target: 10 },
			{
				name: 'late peak /s',
				value: of((r) => r.latePeakPerSecond),
				target: 150,
			},
		];
	},
};

const blipRow: Row = {
	id: 'blip',
	title: 'one device loses its link, node healthy (2,000 of them)',
	peers: true,
	figures(policy, seeds) {
		const of = over(seeds, (seed) =>
			herd(policy, { devices: 2000, acceptRate: Infinity, seed }),
		);
		return [
			{ name: 'median, s', value: of((r) => r.t50Seconds), target: 2 },
			{ name: 'p99, s', value: of((r) => r.t99Seconds), target: 5 },
			{ name: 'attempts', value: of((r) => r.attemptsPerDevice), target: 1 },
		];
	},
};

const stockRows = [50, 100, 200, 400].flatMap((bound): Row[] =>
	(['window', 'none'] as const).map((hints) => ({
		id: 'stock',
		title: `a quarter still stock, hints ${hints}, N/R = ${bound} s`,
		peers: bound === 200 && hints === 'window',
		figures(policy, seeds) {
			const of = over(seeds, (seed) =>
				herd(policy, { ...yardstick(bound), hints, stockShare: 0.25, seed }),
			);
			const ours = {
				name: 'ours t100/T',
				value: of((r) => group(r, policy)?.t100),
			};
			return [
				hints === 'window' ? { ...ours, target: 1.12 } : ours,
				{
					name: 'ours attempts',
					value: of((r) => group(r, policy)?.attemptsPerDevice),
				},
			];
		},
	})),
);

/** The table of targets, row by row; besides the values of N/R that it names, some that nothing was tuned on. */
export const ROWS: readonly Row[] = [
	...[20, 37, 50, 100, 200, 430, 2000].map((bound) => windowRow(bound, 0.1)),
	...[20, 37, 100, 200, 430, 2000].map((bound) => windowRow(bound, 0.3)),
	...[50, 70, 100, 120, 150, 200, 330, 700, 2000].map(slotsRow),
	...[200, 24, 33, 45, 70, 100, 140, 280, 400, 1000].map(hintLossRow),
	constantRow,
	firstHerd,
	...[5, 10, 20].map(shortRow),
	noHintRow('large', 2000, 0, { t100: 1.8, attempts: 9 }),
	noHintRow('large', 2000, 0.1, { t100: 2.2, attempts: 9 }),
	noHintRow('large', 2000, 0.3, { t100: 2.9, attempts: 9 }),
	...[1500, 1650, 1850, 2150, 2400, 2600].map((bound) =>
		noHintRow('neighbours', bound, 0.1, { t100: 2.9 }),
	),
	noHintRow('unbounded', 200, 0.1, { t100: 100 }, Infinity),
	noHintRow('unbounded', 2000, 0.1, { t100: 100 }, Infinity),
	noHintRow('unbounded', 2000, 0.3, { t100: 100 }, Infinity),
	...memoryRows,
	outageRow,
	blipRow,
	...stockRows,
];
