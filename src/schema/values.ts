/* eslint-disable id-denylist -- the words of a schema are those of the language */
import type { Schema } from './types.js';

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
