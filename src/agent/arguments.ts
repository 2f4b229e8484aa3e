import { CloudlinkError } from '../errors.js';
import { callOptions, durationMs, nearest } from '../options.js';
import * as v from '../schema.js';
import { CHANNELS } from './channels.js';

/** What the agent's methods take. A wrong argument is an error at the call, and not a wait that never ends. */

const graceMs = v.optional(durationMs, 0);
export const stopOptions = callOptions({ graceMs }, '{ graceMs: 2000 }');

export const waitOptions = callOptions(
	{
		signal: v.optional(
			v.custom<AbortSignal>(
				(value) => value instanceof AbortSignal,
				'must be an AbortSignal, like AbortSignal.timeout(60_000)',
			),
		),
	},
	'{ signal: AbortSignal.timeout(60_000) }',
);

export const pingOptions = callOptions(
	{ deadlineMs: v.optional(durationMs, 5000) },
	'{ deadlineMs: 5000 }',
);

/** A watch's report may say more. */
export const networkChange = v.looseObject(
	{
		up: v.boolean('must be true or false'),
		id: v.optional(v.string('must be a string')),
	},
	"must be an object like { up: true, id: 'eth0' }",
);

/** What `update` may change; what is in it is checked with the rest. */
export const updateOptions = v.strictObject(
	{ device: v.optional(v.unknown()), nodes: v.optional(v.unknown()) },
	'must be an object like { nodes: [...] }',
);

const EVENTS = Object.keys(CHANNELS);
/** What other clients call the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
	connected: 'up',
	connect: 'up',
	open: 'up',
	disconnected: 'down',
	disconnect: 'down',
	close: 'down',
	error: 'failed',
	reconnecting: 'retry',
};

export function checkListener(
	where: string,
	event: string,
	listener: unknown,
): void {
	const invalid = (message: string) =>
		new CloudlinkError('ERR_CLOUDLINK_INVALID_OPTION', `${where}: ${message}`);
	if (!EVENTS.includes(event)) {
		const meant = SYNONYMS[event] ?? nearest(event, EVENTS);
		throw invalid(
			meant === undefined
				? `there is no event \`${event}\`; there are ${EVENTS.join(', ')}.`
				: `there is no event \`${event}\`; did you mean \`${meant}\`?`,
		);
	}
	if (typeof listener !== 'function') {
		throw invalid('the listener must be a function.');
	}
}
