import leven from 'leven';
import * as v from 'valibot';

import { CloudlinkError } from './errors.js';

/** A duration option: finite, not negative, in milliseconds. */
export const durationMs = v.pipe(
	v.number('must be a number of milliseconds'),
	v.finite('must be finite'),
	v.minValue(0, 'must not be negative'),
);

/** A whole number of things, at least `least`. */
export const count = (least = 1) =>
	v.pipe(
		v.number('must be a whole number'),
		v.integer('must be a whole number'),
		v.minValue(least, `must be at least ${least}`),
	);

/** A TCP or UDP port. */
export const port = v.pipe(
	v.number('must be a port number'),
	v.integer('must be a whole number'),
	v.minValue(1, 'must be a port from 1 to 65535'),
	v.maxValue(65535, 'must be a port from 1 to 65535'),
);

type Schema = v.GenericSchema;

function knownKeys(schema: Schema, path: readonly PropertyKey[]): string[] {
	let here: unknown = schema;
	for (const key of path) {
		here = step(unwrap(here), key);
	}
	const object = unwrap(here) as { entries?: object } | undefined;
	return Object.keys(object?.entries ?? {});
}

function unwrap(schema: unknown): unknown {
	let here = schema as { wrapped?: unknown } | undefined;
	while (here?.wrapped !== undefined) {
		here = here.wrapped as { wrapped?: unknown };
	}
	return here;
}

function step(schema: unknown, key: PropertyKey): unknown {
	const { entries, item } = (schema ?? {}) as {
		entries?: Record<PropertyKey, unknown>;
		item?: unknown;
	};
	return entries?.[key] ?? item;
}

/** The known key that is nearest to a mistyped one, if any is near. */
export function nearest(
	wrong: string,
	known: readonly string[],
): string | undefined {
	const scored = known
		.map((key) => ({
			key,
			distance: leven(wrong.toLowerCase(), key.toLowerCase()),
		}))
		.sort((a, b) => a.distance - b.distance);
	const best = scored[0];
	return best && best.distance <= Math.max(2, wrong.length / 2)
		? best.key
		: undefined;
}

function describe(schema: Schema, issue: v.BaseIssue<unknown>): string {
	const keys = (issue.path ?? []).map((item) => item.key as PropertyKey);
	const at = keys.map(String).join('.');
	if (issue.type === 'strict_object' && issue.expected === 'never') {
		const wrong = String(keys.at(-1));
		const known = knownKeys(schema, keys.slice(0, -1));
		const near = nearest(wrong, known);
		return near
			? `unknown option \`${at}\`; did you mean \`${near}\`?`
			: `unknown option \`${at}\`; known are ${known.map((key) => `\`${key}\``).join(', ')}.`;
	}
	const missing = issue.expected !== null && issue.received === 'undefined';
	return missing
		? `\`${at}\` is missing.`
		: `\`${at || 'options'}\` ${issue.message}.`;
}

/**
 * Checks options once, where they come in. The message names the key, what is wrong with it, and for an
 * unknown key the nearest right one; it never holds a value, since a value may be a secret.
 */
export function checkOptions<const S extends Schema>(
	schema: S,
	value: unknown,
	where: string,
): v.InferOutput<S> {
	const result = v.safeParse(schema, value);
	if (result.success) {
		return result.output;
	}
	const problems = result.issues.map((issue) => describe(schema, issue));
	throw new CloudlinkError(
		'ERR_CLOUDLINK_INVALID_OPTION',
		`${where}: ${problems.join(' ')}`,
	);
}
