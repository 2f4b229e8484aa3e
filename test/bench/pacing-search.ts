/**
 * The search over turns of the law of congestion, off the grid: N/R is drawn afresh in each round, so that
 * nothing can be fitted to a list. Prints what the families in `docs/pacing.md` come to.
 *
 *     npm run search:pacing -- [--improve SECONDS] [--seed TEXT]
 */
import { parseArgs } from 'node:util';

import { PRESETS } from '../../src/pacing/index.js';
import { SECOND_TRY } from '../../src/pacing/laws/congestion.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import { STEP } from '../../src/pacing/laws/phase.js';
import {
	fleetChance,
	herdCost,
	type HerdCost,
	type Turns,
} from './pacing/turns.js';

const { values: args } = parseArgs({
	options: {
		improve: { type: 'string', default: '0' },
		seed: { type: 'string', default: 'search' },
	},
});
const random = seededRandom(args.seed);
const chances = Array.from({ length: 6 }, (_, i) =>
	fleetChance(`${args.seed} ${i}`),
);
const chance = (i: number) => chances[i % chances.length]!;
/** Nodes of 5, 2 and 1 a second, T = 200 s; their last device is chance, so many fleets. */
const SMALL = [5, 2, 1];
const SMALL_BOUND_S = 200;
const smallChances = SMALL.map((rate) =>
	Array.from({ length: 60 }, (_, i) =>
		fleetChance(`${args.seed} ${rate} ${i}`, rate * SMALL_BOUND_S),
	),
);

interface Figures {
	readonly mean: number;
	readonly worst: number;
	readonly over: number;
	readonly attempts: number;
	/** N/R = 2000 s at reject cost 0, 0.1, 0.3, and at 0.1 with a debt without bound. */
	readonly large: readonly number[];
	readonly largeAttempts: number;
	readonly at200: number;
	/** R = 5, 2, 1 at N/R = 200 s. */
	readonly small: readonly number[];
}

const average = (all: readonly number[]) =>
	all.reduce((a, b) => a + b) / all.length;
const averageT100 = (all: readonly HerdCost[]) =>
	average(all.map(({ t100 }) => t100));

function measure(
	numbers: Turns,
	draws: number,
	shift: number,
	repeats: number,
): Figures {
	const herds = Array.from({ length: draws }, (_, i) =>
		herdCost(numbers, 50 * 32 ** ((i + shift) / draws), 0.1, chance(i)),
	);
	const of = (boundS: number, cost: number, debtS?: number) =>
		Array.from({ length: repeats }, (_, i) =>
			herdCost(numbers, boundS, cost, chance(i), debtS),
		);
	const large = [of(2000, 0), of(2000, 0.1), of(2000, 0.3)];
	return {
		mean: averageT100(herds),
		worst: Math.max(...herds.map(({ t100 }) => t100)),
		over: average(herds.map(({ t100 }) => Math.max(0, t100 - 2.2) ** 2)),
		attempts: average(herds.map(({ attempts }) => attempts)),
		large: [...large, of(2000, 0.1, Infinity)].map(averageT100),
		largeAttempts: average(large[2]!.map(({ attempts }) => attempts)),
		at200: averageT100(of(200, 0.1)),
		small: smallChances.map((fleets) =>
			averageT100(
				fleets
					.slice(0, repeats * 12)
					.map((fleet) => herdCost(numbers, SMALL_BOUND_S, 0.1, fleet)),
			),
		),
	};
}

/** What is made small: the mean, and how far each target is missed. */
function price(f: Figures): number {
	const missed = (value: number, target: number) => Math.max(0, value - target);
	const all = (values: readonly number[], targets: readonly number[]) =>
		average(values.map((value, i) => missed(value, targets[i]!)));
	return (
		f.mean +
		9 * f.over +
		missed(f.worst, 2.4) +
		missed(f.attempts, 4.5) +
		missed(f.at200, 1.5) +
		4 * all(f.large, [1.7, 2.06, 2.72, 2.25]) +
		missed(f.largeAttempts, 9) +
		2 * all(f.small, [2.3, 3.2, 4.8])
	);
}

function show(name: string, numbers: Turns): void {
	const f = measure(numbers, 240, 0.5, 5);
	const list = (values: readonly number[]) =>
		values.map((t100) => t100.toFixed(2)).join(' ');
	console.log(
		`${name.padEnd(34)} mean ${f.mean.toFixed(2)} worst ${f.worst.toFixed(2)} attempts ${f.attempts.toFixed(1)}` +
			` | 2000 s: ${list(f.large)}, attempts ${f.largeAttempts.toFixed(1)} | 200 s: ${f.at200.toFixed(2)}` +
			` | R = ${SMALL.join(', ')}: ${list(f.small)}`,
	);
}

function geometric(start: readonly number[], ratio: number): Turns {
	const edges = start.map((s) => s * 1000);
	while (edges.at(-1)! < 9e6) {
		edges.push(edges.at(-1)! * Math.sqrt(ratio));
	}
	return {
		congestionEdgesMs: edges,
		secondTryFromMs: Infinity,
		secondTryShare: 0,
		step: STEP,
	};
}

/** A neighbour: some steps between edges longer or shorter; the first turn ends as it did. */
function neighbour(numbers: Turns, scale: number): Turns {
	const edges = [...numbers.congestionEdgesMs];
	const steps = edges.map((edge, i) => (i === 0 ? edge : edge / edges[i - 1]!));
	const moved = steps.map((step, i) =>
		i < 3 || random() < 0.7
			? step
			: 1 + (step - 1) * Math.exp(scale * (2 * random() - 1)),
	);
	let at = 1;
	return { ...numbers, congestionEdgesMs: moved.map((step) => (at *= step)) };
}

function improve(start: Turns, seconds: number): Turns {
	const untilMs = performance.now() + seconds * 1000;
	let best = start;
	while (performance.now() < untilMs) {
		const shift = random();
		const next = neighbour(best, 0.15);
		const better = (at: number) =>
			price(measure(next, 60, at, 2)) < price(measure(best, 60, at, 2));
		// Once more at other values of N/R, or chance would be what is climbed.
		if (better(shift) && better((shift + 0.5) % 1)) {
			best = next;
		}
	}
	return best;
}

const ours: Turns = {
	congestionEdgesMs: PRESETS.default.congestionEdgesMs,
	secondTryFromMs: SECOND_TRY.fromMs,
	secondTryShare: SECOND_TRY.share,
	step: STEP,
};

/** Ours with other half-turn edges from the first turn on, up to where they meet ours again. */
function withEdges(...secondsAfterFirst: number[]): Turns {
	const edges = secondsAfterFirst.map((s) => s * 1000);
	const last = edges.at(-1)!;
	return {
		...ours,
		congestionEdgesMs: [
			...ours.congestionEdgesMs.slice(0, 3),
			...edges,
			...ours.congestionEdgesMs.filter((edge) => edge > last),
		],
	};
}

for (const ratio of [1.5, 1.7, 2, 2.2]) {
	show(`one ratio a turn, ${ratio}`, geometric([14, 32, 60], ratio));
}
show('a second turn to 95 s', withEdges(62, 95, 150, 230, 330, 440, 580, 752));
show('a second turn to 70 s', withEdges(49, 70, 98, 140, 199, 284));
show(
	'a fourth turn to 485 s',
	withEdges(80, 126, 199, 284, 385, 485, 600, 770),
);
for (const fromS of [500, 750, 1300, Infinity]) {
	show(`second try from ${fromS} s on`, {
		...ours,
		secondTryFromMs: fromS * 1000,
	});
}
show('second try after 0.15 of a turn', { ...ours, secondTryShare: 0.15 });
for (const step of [0, 0.05, 0.3]) {
	show(`steps of ${step} of a turn`, { ...ours, step });
}
show('ours', ours);
if (Number(args.improve) > 0) {
	const found = improve(ours, Number(args.improve));
	show('found', found);
	console.log(
		found.congestionEdgesMs.map((ms) => Math.round(ms / 100) / 10).join(', '),
	);
}
