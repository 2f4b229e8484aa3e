import * as v from 'valibot';

type Schema<T> = v.GenericSchema<unknown, T>;

/** For what was written by another version, perhaps: a field that is not understood counts as absent. */
export const lenient = <T>(schema: Schema<T>) =>
	v.fallback(v.optional(schema), undefined);

/** A list of which the entries that are not understood are left out. */
export const lenientList = <T>(schema: Schema<T>) =>
	v.pipe(
		v.fallback(v.optional(v.array(v.unknown())), undefined),
		v.transform((list = []): T[] =>
			list.flatMap((entry) => {
				const parsed = v.safeParse(schema, entry);
				return parsed.success ? [parsed.output] : [];
			}),
		),
	);
