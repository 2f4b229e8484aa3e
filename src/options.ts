import leven from 'leven';
import * as v from './schema.js';

import { CloudlinkError } from './errors.js';
import type { Clock } from './runtime/index.js';

/** A duration option: finite, not negative, in milliseconds. */
export const durationMs = v.pipe(
	v.number('must be a number of milliseconds'),
	v.finite('must be finite'),
	v.minValue(0, 'must not be negative'),
);

/** A duration that may not be nothing. */
export const positiveMs = v.pipe(
	durationMs,
	v.minValue(1, 'must be at least 1 ms'),
);

/** The options of a call, of which every one has a default. */
export const callOptions = <E extends Readonly<Record<string, v.Schema>>>(
	entries: E,
	example: string,
) => {
	const schema = v.strictObject(entries, `must be an object like ${example}`);
	return v.preprocess((value) => value ?? {}, schema);
};

/** A whole number of things, at least `least`. */
export const count = (least = 1) =>
	v.pipe(
		v.number('must be a whole number'),
		v.integer('must be a whole number'),
		v.minValue(least, `must be at least ${least}`),
	);

export const aFunction = v.function('must be a function');

/** The port for time. */
export const clock = v.custom<Clock>(
	(value) => typeof (value as Clock | undefined)?.setTimer === 'function',
	'must be a clock',
);

/** A TCP or UDP port. */
export const port = v.pipe(
	v.number('must be a port number'),
	v.integer('must be a whole number'),
	v.minValue(1, 'must be a port from 1 to 65535'),
	v.maxValue(65535, 'must be a port from 1 to 65535'),
);

const startsAlike = (wrong: string, key: string) =>
	wrong.length >= 4 && key.toLowerCase().startsWith(wrong.toLowerCase());

/** The known key that is nearest to a mistyped one, if any is near. */
export function nearest(
	wrong: string,
	known: readonly string[],
): string | undefined {
	const scored = known
		.map((key) => ({
			key,
			// What lacks only its end, a unit most often, is nearer than any misspelling.
			distance: startsAlike(wrong, key)
				? 1
				: leven(wrong.toLowerCase(), key.toLowerCase()),
		}))
		.sort((a, b) => a.distance - b.distance);
	const best = scored[0];
	return best && best.distance <= Math.max(2, wrong.length / 2)
		? best.key
		: undefined;
}

function describe({ path, message, missing, known }: v.Issue): string {
	const at = path.map(String).join('.');
	if (known) {
		const near = nearest(String(path.at(-1)), known);
		return near
			? `unknown option \`${at}\`; did you mean \`${near}\`?`
			: `unknown option \`${at}\`; known are ${known.map((key) => `\`${key}\``).join(', ')}.`;
	}
	return missing
		? `\`${at || 'options'}\` is missing.`
		: `\`${at || 'options'}\` ${message}.`;
}

/**
 * Checks options once, where they come in. The message names the key, what is wrong with it, and for an
 * unknown key the nearest right one; it never holds a value, since a value may be a secret.
 */
export function checkOptions<S extends v.Schema>(
	schema: S,
	value: unknown,
	where: string,
): v.InferOutput<S> {
	const result = v.safeParse(schema, value);
	if (result.success) {
		return result.output;
	}
	const problems = result.issues.map(describe);
	throw new CloudlinkError(
		'ERR_CLOUDLINK_INVALID_OPTION',
		`${where}: ${problems.join(' ')}`,
	);
}
