import { figuresOf, fleet, herd, threeOf, world, type World } from './world.js';

function golden(bound: number): World {
	return {
		id: 'golden',
		title: `all state files alike, T = ${bound} s`,
		measure(policy, seed) {
			const fresh = herd(policy, { ...fleet(bound, 5000), seed });
			const alike = herd(policy, {
				...fleet(bound, 5000),
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
		peers: false,
	};
}

const fiveHerds = (bound: number, restarts: boolean): World =>
	world(
		'fairness',
		`five herds, T = ${bound} s${restarts ? ', each process restarted between' : ''}`,
		{ ...fleet(bound, 5000), herds: 5, restarts },
		{ 'p95/p5': 2.5, rank: 0.3 },
		{ peers: bound === 200 && !restarts },
	);

/** What devices remember from herd to herd. */
export function memories(draw: string): World[] {
	const bounds = [200, ...threeOf(`${draw} herds`, 50, 400)];
	return [
		fiveHerds(200, true),
		...bounds.flatMap((bound) => [fiveHerds(bound, false), golden(bound)]),
	];
}
