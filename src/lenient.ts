import { safeParse, type Schema } from './schema.js';

/** For what another version wrote, perhaps: a value that is not understood counts as absent. */
export function lenient<T>(
	schema: Schema<unknown, T>,
): Schema<unknown, T | undefined> {
	return {
		run: (value) => {
			const parsed = safeParse(schema, value);
			return parsed.success ? parsed.output : undefined;
		},
	};
}

/** A list of which the entries that are not understood are left out; empty where there is no list. */
export function lenientList<T>(
	schema: Schema<unknown, T>,
): Schema<unknown, T[]> {
	return {
		run: (value) =>
			(Array.isArray(value) ? value : []).flatMap((entry: unknown) => {
				const parsed = safeParse(schema, entry);
				return parsed.success ? [parsed.output] : [];
			}),
	};
}

/** An object of which each field that is missing or not understood has its value of `fallback`. */
export function lenientObject<T extends object>(
	fields: { readonly [K in keyof T]-?: Schema<unknown, T[K]> },
	fallback: T,
): Schema<unknown, T> {
	const keys = Object.keys(fields) as Array<keyof T>;
	return {
		run: (value) => {
			const given = (
				typeof value === 'object' && value !== null ? value : {}
			) as Partial<Record<keyof T, unknown>>;
			const entries = keys.map((key) => {
				const parsed = safeParse(fields[key], given[key]);
				return [key, parsed.success ? parsed.output : fallback[key]];
			});
			return Object.fromEntries(entries) as T;
		},
	};
}
