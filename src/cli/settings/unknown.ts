import { nearest } from '../../options.js';
import { SETTINGS } from './table.js';
import type { Env } from './types.js';

const PREFIX = 'CLOUDLINK_';

/** Every variable that is read. */
const KNOWN = [
	'CLOUDLINK_CONFIG',
	'CLOUDLINK_KEY',
	...Object.values(SETTINGS).map(({ env }) => env),
];

const withoutPrefix = (name: string) => name.slice(PREFIX.length);

/** A sentence for each variable that bears our prefix and that nothing reads: mostly a misspelt one. Never its value. */
export function unknownVariables(env: Env): string[] {
	return Object.keys(env)
		.filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name))
		.sort()
		.map((name) => {
			// The prefix, which all share, would make any two of them near.
			const near = nearest(withoutPrefix(name), KNOWN.map(withoutPrefix));
			return `Nothing reads the environment variable ${name}${near ? `; did you mean ${PREFIX}${near}?` : '.'}`;
		});
}
