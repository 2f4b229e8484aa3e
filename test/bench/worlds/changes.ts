import type { HerdSetup } from '../../../src/simulator/index.js';
import { figuresOf, fleet, herd, threeOf, type World } from './world.js';

/** Something that happens in a recovery, with all times as shares of T. */
interface Change {
	readonly title: string;
	readonly changes: ReadonlyArray<
		Omit<HerdSetup['changes'][number], 'atSeconds'> & { readonly at: number }
	>;
	/** When a perfect fleet would be back, and from when on that counts; in T. */
	readonly bound: number;
	readonly from?: number;
	readonly most: number;
}

const CHANGES: readonly Change[] = [
	{
		title: 'node restarts at 0.5 T',
		changes: [{ at: 0.5, restart: true }],
		bound: 1,
		from: 0.5,
		most: 2,
	},
	{
		title: 'node restarts at 0.3 and 0.75 T',
		changes: [
			{ at: 0.3, restart: true },
			{ at: 0.75, restart: true },
		],
		bound: 1,
		from: 0.75,
		most: 2,
	},
	{
		title: 'R halves at 0.5 T',
		changes: [{ at: 0.5, rate: 0.5 }],
		bound: 1.5,
		most: 1.8,
	},
	{
		title: 'R falls to a tenth at 0.5 T',
		changes: [{ at: 0.5, rate: 0.1 }],
		bound: 5.5,
		most: 3,
	},
	{
		title: 'R oscillates, half and whole every 0.3 T',
		changes: Array.from({ length: 20 }, (_, i) => ({
			at: 0.3 * (i + 1),
			rate: i % 2 === 0 ? 0.5 : 1,
		})),
		bound: 1.3,
		most: 1.9,
	},
	{
		title: 'R rises from a fifth at 0.5 T',
		changes: [
			{ at: 0, rate: 0.2 },
			{ at: 0.5, rate: 1 },
		],
		bound: 1.4,
		most: 1.9,
	},
	{
		title: 'N doubles at 0.5 T, T in all',
		changes: [{ at: 0.5, joining: 1 }],
		bound: 1,
		most: 1.9,
	},
];

function changed(
	{ title, changes: happening, bound, from = 0, most }: Change,
	boundSeconds: number,
): World {
	return {
		id: 'changes',
		title: `${title}, T = ${boundSeconds} s`,
		measure(policy, seed) {
			const result = herd(policy, {
				...fleet(boundSeconds, 20_000),
				changes: happening.map(({ at, ...change }) => ({
					...change,
					atSeconds: at * boundSeconds,
				})),
				seed,
			});
			const figures = figuresOf(result);
			return {
				...figures,
				't100/bound': (figures['t100/T']! - from) / bound,
			};
		},
		targets: { 't100/bound': most },
		peers: boundSeconds === 200,
	};
}

/** A node that changes, or a fleet that grows, in the middle of a recovery. */
export const changes = (draw: string): World[] =>
	[200, ...threeOf(`${draw} changes`, 50, 400)].flatMap((bound) =>
		CHANGES.map((change) => changed(change, bound)),
	);
