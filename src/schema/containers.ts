import { optional } from './combine.js';
import type {
	Entries,
	InferInput,
	InferOutput,
	Issue,
	ObjectSchema,
	Outputs,
	Schema,
} from './types.js';
import { custom } from './values.js';

/** Runs the schema of a part, and puts its key in front of where its issues are. */
function runPart<Output>(
	{ run }: Schema<unknown, Output>,
	value: unknown,
	key: PropertyKey,
	issues: Issue[],
): Output {
	const own: Issue[] = [];
	const output = run(value, own);
	issues.push(...own.map((each) => ({ ...each, path: [key, ...each.path] })));
	return output;
}

export function array<S extends Schema>(
	item: S,
	message = 'must be a list',
): Schema<Array<InferInput<S>>, Array<InferOutput<S>>> {
	const list = custom<unknown[]>(Array.isArray, message);
	return {
		run: (value, issues) => {
			const before = issues.length;
			const items = list.run(value, issues);
			return issues.length > before
				? []
				: items.map(
						(each, index) =>
							runPart(item, each, index, issues) as InferOutput<S>,
					);
		},
	};
}

const plain = (message = 'must be an object') =>
	custom<Record<string, unknown>>(
		(value) =>
			typeof value === 'object' && value !== null && !Array.isArray(value),
		message,
	);

/** What becomes of the keys that have no entry. */
type Others = 'drop' | 'keep' | 'refuse';

function objectWith<E extends Entries>(
	entries: E,
	others: Others,
	message?: string,
): ObjectSchema<E> {
	const container = plain(message);
	return {
		entries,
		run: (value, issues) => {
			const before = issues.length;
			const given = container.run(value, issues);
			if (issues.length > before) {
				return given as Outputs<E>;
			}
			const output: Record<string, unknown> =
				others === 'keep' ? { ...given } : {};
			for (const [key, schema] of Object.entries(entries)) {
				const part = runPart(schema, given[key], key, issues);
				if (part !== undefined || key in given) {
					output[key] = part;
				}
			}
			if (others === 'refuse') {
				const known = Object.keys(entries);
				for (const key of Object.keys(given)) {
					if (!known.includes(key)) {
						issues.push({ path: [key], message: '', missing: false, known });
					}
				}
			}
			return output as Outputs<E>;
		},
	};
}

/** An object; keys that it does not name are dropped. */
export const object = <E extends Entries>(entries: E) =>
	objectWith(entries, 'drop');
/** An object; keys that it does not name are kept. */
export const looseObject = <E extends Entries>(entries: E, message?: string) =>
	objectWith(entries, 'keep', message);
/** An object; keys that it does not name are an error. The message is for a value that is none. */
export const strictObject = <E extends Entries>(entries: E, message?: string) =>
	objectWith(entries, 'refuse', message);

/** The same object, in which every key may be absent. */
export function partial<E extends Entries>({
	entries,
}: ObjectSchema<E>): ObjectSchema<{
	[K in keyof E]: Schema<
		InferInput<E[K]> | undefined,
		InferOutput<E[K]> | undefined
	>;
}> {
	return strictObject(
		Object.fromEntries(
			Object.entries(entries).map(([key, schema]) => [key, optional(schema)]),
		),
	) as unknown as ReturnType<typeof partial<E>>;
}

/** An object with any keys of one kind, and values of one kind. */
export function record<S extends Schema>(
	key: Schema<string>,
	item: S,
): Schema<Record<string, InferInput<S>>, Record<string, InferOutput<S>>> {
	const container = plain();
	return {
		run: (value, issues) => {
			const before = issues.length;
			const given = container.run(value, issues);
			const entries = issues.length > before ? [] : Object.entries(given);
			return Object.fromEntries(
				entries
					.filter(([name]) => name !== '__proto__')
					.map(([name, each]) => {
						runPart(key, name, name, issues);
						return [name, runPart(item, each, name, issues) as InferOutput<S>];
					}),
			);
		},
	};
}
