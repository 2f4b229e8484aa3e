import { InvalidArgumentError } from 'commander';

import { toError } from '../errors.js';
import { POLICIES, policyNamed, type Policy } from '../simulator/index.js';

interface Bounds {
	readonly least: number;
	readonly most?: number;
	readonly whole?: boolean;
	readonly infinite?: boolean;
}

/** Reads a number strictly; what commander adds names the option and the value. */
export function numeric({ least, most = Infinity, whole, infinite }: Bounds) {
	return (text: string): number => {
		const value = text.trim() === '' ? NaN : Number(text);
		if (whole && !Number.isSafeInteger(value)) {
			throw new InvalidArgumentError('It must be a whole number.');
		}
		if (Number.isNaN(value) || (value === Infinity && !infinite)) {
			throw new InvalidArgumentError(
				`It must be a number${infinite ? ' or Infinity' : ''}.`,
			);
		}
		if (value < least || value > most) {
			throw new InvalidArgumentError(
				most === Infinity
					? `It must be at least ${least}.`
					: `It must be from ${least} to ${most}.`,
			);
		}
		return value;
	};
}

/** A rate is above nothing. */
export function rate(text: string): number {
	const value = numeric({ least: 0, infinite: true })(text);
	if (value === 0) {
		throw new InvalidArgumentError('It must be more than 0.');
	}
	return value;
}

/** One word of a list. */
export function oneOf<Word extends string>(words: readonly Word[]) {
	return (text: string): Word => {
		const found = words.find((word) => word === text);
		if (found === undefined) {
			throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
		}
		return found;
	};
}

/** Names separated by commas, or `all`. */
export function policies(text: string): readonly Policy[] {
	if (text === 'all') {
		return POLICIES;
	}
	return text.split(',').map((name) => {
		try {
			return policyNamed(name.trim());
		} catch (error) {
			throw new InvalidArgumentError(toError(error).message);
		}
	});
}
