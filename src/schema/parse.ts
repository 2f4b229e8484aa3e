import type { InferOutput, Issue, Schema } from './types.js';

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
