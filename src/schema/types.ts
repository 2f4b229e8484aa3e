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

export type Entries = Readonly<Record<string, Schema>>;
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
type Inputs<E extends Entries> = Loosen<{
	[K in keyof E]: InferInput<E[K]>;
}>;
export type Outputs<E extends Entries> = Loosen<{
	[K in keyof E]: InferOutput<E[K]>;
}>;

export type InferInput<S extends Schema> =
	S extends Schema<infer Input, unknown> ? Input : never;
export type InferOutput<S extends Schema> = ReturnType<S['run']>;

export interface ObjectSchema<E extends Entries> extends Schema<
	Inputs<E>,
	Outputs<E>
> {
	readonly entries: E;
}
