/* eslint-disable no-bitwise -- a generator and a hash are made of bits */
import { CloudlinkError } from '../errors.js';
import type { Random } from '../runtime/index.js';

/** Chance that repeats: the same seed gives the same numbers, on every machine and Node. */
export interface SeededRandom extends Random {
	/** What to print when a test fails, and to pass in to replay it. */
	readonly seed: string;
	/**
	 * An independent generator, the same for the same label, however many numbers were drawn here: give
	 * one to each device or part, so that a change in one does not shift the numbers of the others.
	 */
	fork(label: string | number): SeededRandom;
}

/** FNV-1a over UTF-16 units, finished so that neighbouring labels differ in every bit. */
function hash(text: string, salt: number): number {
	let h = 0x811c9dc5 ^ salt;
	for (let i = 0; i < text.length; i++) {
		h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	}
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) >>> 0;
}

/** Makes a {@link SeededRandom}: sfc32 (Doty-Humphrey's small fast counting generator), 53 bits a number. */
export function seededRandom(seed: string | number): SeededRandom {
	if (typeof seed !== 'string' && typeof seed !== 'number') {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			'seededRandom(): the seed must be a string or a number; print it when a test fails.',
		);
	}
	const text = String(seed);
	let a = hash(text, 1);
	let b = hash(text, 2);
	let c = hash(text, 3);
	let counter = 1;
	const next = () => {
		const sum = (a + b + counter) | 0;
		counter = (counter + 1) | 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) | 0;
		c = (((c << 21) | (c >>> 11)) + sum) | 0;
		return sum >>> 0;
	};
	// The first outputs still show the seed.
	for (let i = 0; i < 12; i++) {
		next();
	}
	const random = () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
	return Object.assign(random, {
		seed: text,
		fork: (label: string | number) => seededRandom(`${text}/${label}`),
	});
}
