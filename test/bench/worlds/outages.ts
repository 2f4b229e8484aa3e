import type { OutageLook, Stage } from '../../../src/simulator/index.js';
import { fleet, threeOf, world, type World } from './world.js';

const MINUTE = 60;
const HOUR = 3600;

const LOOKS: ReadonlyArray<readonly [OutageLook, Stage]> = [
	['reset', 'upgrade'],
	['503', 'upgrade'],
	['silent', 'tls'],
	['silent', 'login'],
	['401', 'upgrade'],
];

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

function outage(
	bound: number,
	outageSeconds: number,
	[outageAs, stage]: (typeof LOOKS)[number],
): World {
	const long = outageSeconds >= HOUR;
	const length = long
		? `${outageSeconds / HOUR} h`
		: `${outageSeconds / MINUTE} min`;
	const where = outageAs === 'silent' ? ` in ${stage}` : '';
	// A day is the same devices waiting for longer; a smaller fleet shows it, and others are not brought through it.
	const day = outageSeconds > 4 * HOUR;
	return world(
		'outage',
		`outage of ${length} as ${outageAs}${where}, T = ${bound} s`,
		{ ...fleet(bound, day ? 2000 : 4000), outageSeconds, outageAs, stage },
		long
			? { 't50 s': 900, 't99 s': outageAs === '401' ? HOUR : 2400 }
			: { 't99 s': 500 },
		{ peers: !day, seeds: day ? 1 : 2 },
	);
}

/** A node that is down for long, in each way of looking down. */
export function outages(draw: string): World[] {
	const [first, second] = LOOKS;
	const [one, two, three] = threeOf(draw, 50, 400) as [number, number, number];
	return [
		...LOOKS.flatMap((look) =>
			[10 * MINUTE, HOUR, 4 * HOUR, 28 * HOUR].map((seconds) =>
				outage(200, seconds, look),
			),
		),
		outage(one, HOUR, first!),
		outage(two, HOUR, second!),
		outage(three, 4 * HOUR, second!),
		lone,
	];
}
