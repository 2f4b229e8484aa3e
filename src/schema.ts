/* eslint-disable id-denylist -- the words of a schema are those of the language */
/**
 * What a value from outside must be: options, config.json, the state file. The words are valibot's, and the meaning too, as far as
 * they go; it is not valibot because the supervisor links this in and pays for every byte, and this has a fifth of them.
 */

/** What is wrong with one value. It never holds the value, which may be a secret. */
export interface Issue {
	/** Where it is, from the outside in. */
	readonly path: PropertyKey[];
	readonly message: string;
	/** There is no value at all. */
	readonly missing: boolean;
	/** For a key that is not known: those that are. */
	readonly known?: readonly string[];
}

/** Takes values of one kind. */
export interface Schema<Input = unknown, Output = Input> {
	/** Gives the value as it is used, with defaults filled in, and adds to `issues` what is wrong with it. */
	readonly run: (value: unknown, issues: Issue[]) => Output;
	readonly entries?: Entries;
	readonly wrapped?: Schema;
	readonly default?: unknown;
	/** For the compiler only. */
	readonly input?: Input;
}

type Entries = Readonly<Record<string, Schema>>;
type Simplify<T> = { [K in keyof T]: T[K] } & {};
type Optional<T> = {
	[K in keyof T]: undefined extends T[K] ? K : never;
}[keyof T];
/** A key that may be undefined may be absent. */
type Loosen<T> = Simplify<
	{ [K in Exclude<keyof T, Optional<T>>]: T[K] } & {
		[K in Optional<T>]?: T[K];
	}
>;
type Inputs<E extends Entries> = Loosen<{ [K in keyof E]: InferInput<E[K]> }>;
type Outputs<E extends Entries> = Loosen<{ [K in keyof E]: InferOutput<E[K]> }>;

export type InferInput<S extends Schema> =
	S extends Schema<infer Input, unknown> ? Input : never;
export type InferOutput<S extends Schema> = ReturnType<S['run']>;

export interface ObjectSchema<E extends Entries> extends Schema<
	Inputs<E>,
	Outputs<E>
> {
	readonly entries: E;
}

/** A value that passes `test`. Every other schema of a single value is one of these. */
export function custom<T>(
	test: (value: unknown) => boolean,
	message = 'is not as expected',
): Schema<T> {
	return {
		run: (value, issues) => {
			if (!test(value)) {
				issues.push({ path: [], message, missing: value === undefined });
			}
			return value as T;
		},
	};
}

export const unknown = () => custom<unknown>(() => true);
const anyString = (message?: string) =>
	custom<string>((value) => typeof value === 'string', message);
const anyNumber = (message?: string) =>
	custom<number>(
		(value) => typeof value === 'number' && !Number.isNaN(value),
		message,
	);
const anyBoolean = (message?: string) =>
	custom<boolean>((value) => typeof value === 'boolean', message);
const anyFunction = (message?: string) =>
	custom<(...args: never[]) => unknown>(
		(value) => typeof value === 'function',
		message,
	);
export {
	anyString as string,
	anyNumber as number,
	anyBoolean as boolean,
	anyFunction as function,
};
export const literal = <const T>(only: T, message?: string) =>
	custom<T>((value) => value === only, message);
export const picklist = <const T>(values: readonly T[], message?: string) =>
	custom<T>((value) => values.includes(value as T), message);

/** For use within `pipe`: the value has its type by then. */
export const check = <T>(test: (value: T) => boolean, message?: string) =>
	custom<T>(test as (value: unknown) => boolean, message);
export const finite = (message?: string) =>
	check<number>(Number.isFinite, message);
export const integer = (message?: string) =>
	check<number>(Number.isInteger, message);
export const minValue = (least: number, message?: string) =>
	check<number>((value) => value >= least, message);
export const maxValue = (most: number, message?: string) =>
	check<number>((value) => value <= most, message);
export const gtValue = (below: number, message?: string) =>
	check<number>((value) => value > below, message);
export const regex = (pattern: RegExp, message?: string) =>
	check<string>((value) => pattern.test(value), message);
export const minLength = <T extends { length: number }>(
	least: number,
	message?: string,
) => check<T>(({ length }) => length >= least, message);
export const nonEmpty = (message?: string) => minLength<string>(1, message);
export const maxLength = <T extends { length: number }>(
	most: number,
	message?: string,
) => check<T>(({ length }) => length <= most, message);

/** One after the other, until the first that finds something wrong. */
export function pipe<Input, Output>(
	first: Schema<Input, Output>,
	...rest: Array<Schema<NoInfer<Output>>>
): Schema<Input, Output> {
	return {
		run: (value, issues) => {
			const before = issues.length;
			let output = first.run(value, issues);
			for (const { run } of rest) {
				if (issues.length === before) {
					output = run(output, issues);
				}
			}
			return output;
		},
	};
}

/** Turns the value into something else before it is looked at. */
export function preprocess<Input, Output>(
	turn: (value: unknown) => unknown,
	{ run }: Schema<Input, Output>,
): Schema<Input, Output> {
	return { run: (value, issues) => run(turn(value), issues) };
}

/** May be absent, which is the same as `undefined`; then the default counts, or what it returns. */
export function optional<S extends Schema>(
	wrapped: S,
): Schema<InferInput<S> | undefined, InferOutput<S> | undefined>;
export function optional<S extends Schema>(
	wrapped: S,
	fallback: InferInput<S> | (() => InferInput<S>),
): Schema<InferInput<S> | undefined, InferOutput<S>>;
export function optional(wrapped: Schema, fallback?: unknown): Schema {
	return {
		wrapped,
		default: fallback,
		run: (value, issues) => {
			const given =
				value ??
				(value === null
					? null
					: typeof fallback === 'function'
						? (fallback as () => unknown)()
						: fallback);
			return given === undefined ? undefined : wrapped.run(given, issues);
		},
	};
}

export const nullable = <Input, Output>({
	run,
}: Schema<Input, Output>): Schema<Input | null, Output | null> => ({
	run: (value, issues) => (value === null ? null : run(value, issues)),
});

/** The first that fits. */
export function union<const S extends readonly Schema[]>(
	options: S,
	message?: string,
): Schema<InferInput<S[number]>, InferOutput<S[number]>> {
	return {
		run: (value, issues) => {
			for (const { run } of options) {
				const own: Issue[] = [];
				const output = run(value, own);
				if (own.length === 0) {
					return output as InferOutput<S[number]>;
				}
			}
			return custom<InferOutput<S[number]>>(() => false, message).run(
				value,
				issues,
			);
		},
	};
}

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

export type Checked<Output> =
	| { readonly success: true; readonly output: Output }
	| { readonly success: false; readonly issues: readonly Issue[] };

/** Never throws. */
export function safeParse<S extends Schema>(
	{ run }: S,
	value: unknown,
): Checked<InferOutput<S>> {
	const issues: Issue[] = [];
	const output = run(value, issues) as InferOutput<S>;
	return issues.length > 0
		? { success: false, issues }
		: { success: true, output };
}

/** Throws an Error that names the first key that is wrong, and never a value. */
export function parse<S extends Schema>(
	schema: S,
	value: unknown,
): InferOutput<S> {
	const result = safeParse(schema, value);
	if (!result.success) {
		const [{ path, message } = { path: [], message: '' }] = result.issues;
		throw new Error(`${path.map(String).join('.')} ${message}`);
	}
	return result.output;
}
