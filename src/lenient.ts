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
