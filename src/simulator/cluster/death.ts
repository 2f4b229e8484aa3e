import { outcome } from '../../outcome.js';
import type { WorldAnswer } from '../devices/world.js';

/** How long a round trip to a node takes. */
const ROUND_TRIP_MS = 50;

/** A node's way of being dead, as a device sees it. */
export interface Death {
	/** A word for tables. */
	readonly name: string;
	/** What comes of an attempt, which has so long for the connect. */
	answer(connectDeadlineMs: number): WorldAnswer;
}

const at = (
	name: string,
	refusal: WorldAnswer['refusal'],
): readonly [string, Death] => [
	name,
	{ name, answer: () => ({ afterMs: ROUND_TRIP_MS, refusal }) },
];

const DEAF = outcome(
	'connect-timeout',
	'The node did not take the connection.',
);

/** Every way of being dead that a fleet has been seen to meet, by name. */
export const DEATHS: ReadonlyMap<string, Death> = new Map([
	at('refuse', outcome('connect-refused', 'Nothing listens there.')),
	at('reset', outcome('early-reset', 'The node reset the connection.')),
	at('503', outcome('http-503', 'The node is not available.')),
	[
		'silent',
		{
			name: 'silent',
			answer: (afterMs) => ({ afterMs, refusal: DEAF }),
		},
	],
	[
		'hung',
		{
			name: 'hung',
			answer: () => ({
				afterMs: Infinity,
				connectedAfterMs: ROUND_TRIP_MS,
			}),
		},
	],
	at(
		'wrong certificate',
		outcome('tls-wrong-host', 'The certificate is for another name.'),
	),
	...[30, 300].map((seconds) =>
		at(
			`429 of ${seconds} s`,
			outcome('http-429', 'The node asks to come back later.', {
				hint: { retryAfterMs: seconds * 1000 },
			}),
		),
	),
]);
