import { DEATHS } from '../../../src/simulator/index.js';
import { allOverloaded, deadNodes, type DeadNodes } from './dead-nodes.js';
import { sentAway } from './sent-away.js';
import { threeOf, world, type World } from './world.js';

/** By when every device has a link; a quarter of an hour where nothing is named. */
const WITHIN_SECONDS: Readonly<Record<string, number>> = {
	refuse: 60,
	silent: 180,
	hung: 180,
};

function dead(one: DeadNodes): World {
	const when = one.cold ? 'cold' : 'under stable links';
	return {
		id: 'dead-nodes',
		title: `${one.dead} of ${one.of} nodes dead by "${one.as}", ${when}`,
		measure: (_policy, seed) => deadNodes(one, seed),
		targets: { 'all up s': WITHIN_SECONDS[one.as] ?? 900, stuck: 0 },
		peers: false,
	};
}

function overloaded(bound: number): World {
	return {
		id: 'overloaded-nodes',
		title: `four nodes crowded at once, T = ${bound} s`,
		measure(_policy, seed) {
			const [four, one] = [4, 1].map((count) =>
				allOverloaded(count, bound, seed, 8000),
			);
			return { 'attempts over one node': four! / one! };
		},
		targets: { 'attempts over one node': 1.1 },
		peers: false,
	};
}

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
		seeds: 5,
		peers: false,
	},
];

/** A single device, and fleets that have a choice of nodes. */
export const nodes = (draw: string): World[] => [
	...single,
	...[...DEATHS.keys()].flatMap((as) =>
		[
			{ dead: 3, of: 4 },
			{ dead: 5, of: 10 },
			{ dead: 7, of: 10 },
		].flatMap((some) => [
			dead({ ...some, as, cold: true }),
			dead({ ...some, as, cold: false }),
		]),
	),
	...[200, ...threeOf(`${draw} nodes`, 50, 600)].map(overloaded),
];
