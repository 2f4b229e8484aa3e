import type { InferInput, InferOutput, Issue, Schema } from './types.js';
import { custom } from './values.js';

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
