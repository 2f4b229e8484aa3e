import { createHmac, timingSafeEqual } from 'node:crypto';

import { TAG_BYTES } from '../wire/limits.js';

export type RandomBytes = (bytes: number) => Buffer;

/** HMAC-SHA-256, cut, over parts whose borders count. */
export function mac(
	secret: Buffer,
	...parts: ReadonlyArray<Buffer | string>
): Buffer {
	const hmac = createHmac('sha256', secret);
	for (const part of parts) {
		// The length first, so that no two lists of parts read the same.
		hmac.update(Buffer.of(part.length)).update(part);
	}
	return hmac.digest().subarray(0, TAG_BYTES);
}

const TIME_BYTES = 6;
const HEAD_BYTES = 1 + TIME_BYTES;

/** A token: who reads it, a time, and the tag that `tagOf` gives them. */
export function makeToken(
	kind: number,
	timeMs: number,
	tagOf: (head: Buffer) => Buffer,
): Buffer {
	const head = Buffer.alloc(HEAD_BYTES);
	head[0] = kind;
	head.writeUIntBE(Math.floor(timeMs), 1, TIME_BYTES);
	return Buffer.concat([head, tagOf(head)]);
}

/** The time of a token whose tag is right; undefined when it is of another kind, or forged. */
export function readToken(
	token: Buffer,
	kind: number,
	tagOf: (head: Buffer) => Buffer,
): number | undefined {
	if (token.length !== HEAD_BYTES + TAG_BYTES || token[0] !== kind) {
		return undefined;
	}
	const head = token.subarray(0, HEAD_BYTES);
	return timingSafeEqual(tagOf(head), token.subarray(HEAD_BYTES))
		? head.readUIntBE(1, TIME_BYTES)
		: undefined;
}
