import type { Stage } from '../../../src/simulator/index.js';
import { fleet, withDrawn, world, type World } from './world.js';

const STAGES: readonly Stage[] = ['tls', 'upgrade', 'login'];
const door = 'queue';

/** Of a queue without bound: the most t100/T, by T; straight between them on a logarithmic scale. */
const UNBOUNDED: ReadonlyArray<readonly [number, number]> = [
	[200, 1.9],
	[400, 2.8],
	[1000, 4],
	[2000, 5],
];

function mostUnbounded(bound: number): number {
	const i = UNBOUNDED.findIndex(([at]) => bound <= at);
	const [to, most] = UNBOUNDED[i]!;
	const [from, least] = UNBOUNDED[Math.max(0, i - 1)]!;
	return from === to
		? most
		: least + ((most - least) * Math.log(bound / from)) / Math.log(to / from);
}

/** A node that serves one after the other, and says nothing to who waits. */
export function queues(draw: string): World[] {
	return [
		...withDrawn(draw, [20, 60]).map((bound, i) => {
			const stage = STAGES[i % 3]!;
			return world(
				'queue',
				`queue that holds all, T = ${bound} s, stage ${stage}`,
				{ ...fleet(bound), door, backlogSeconds: 300, stage },
				{ 't100/T': 1.05, attempts: 1.005 },
			);
		}),
		...withDrawn(draw, [120, 400]).flatMap((bound, i) =>
			(i < 2 ? [30, 60, 300] : [60]).map((backlogSeconds) =>
				world(
					'queue-mid',
					`queue, T = ${bound} s, backlog ${backlogSeconds} s`,
					{ ...fleet(bound), door, backlogSeconds },
					{ 't100/T': 1.9, attempts: 4 },
				),
			),
		),
		...withDrawn(draw, [1000, 2000]).flatMap((bound, i) =>
			(i < 2 ? [30, 60, 300] : [60]).map((backlogSeconds) =>
				world(
					'queue-large',
					`queue, T = ${bound} s, backlog ${backlogSeconds} s`,
					{ ...fleet(bound), door, backlogSeconds, stage: 'tls' },
					{ 't100/T': 1.5, attempts: 6 },
				),
			),
		),
		...withDrawn(
			draw,
			UNBOUNDED.map(([bound]) => bound),
		).map((bound) =>
			world(
				'queue-unbounded',
				`queue without bound, T = ${bound} s`,
				{ ...fleet(bound, 2000), door, backlogSeconds: Infinity },
				{ 't100/T': mostUnbounded(bound) },
			),
		),
	];
}
