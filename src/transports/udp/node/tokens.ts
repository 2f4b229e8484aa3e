import { createHmac, timingSafeEqual } from 'node:crypto';

import {
	ID_BYTES,
	NEW_TOKEN_MS,
	RESET_TOKEN_BYTES,
	RETRY_SECRET_MS,
	RETRY_TOKEN_MS,
	TAG_BYTES,
} from '../wire/limits.js';
import type { Init } from '../wire/packet.js';
import type { Address } from '../wire/address.js';

type RandomBytes = (bytes: number) => Buffer;

const TIME_BYTES = 6;
/** The first byte of a token says who reads it. */
const RETRY = 1;
const NEW = 2;
const TOKEN_BYTES = 1 + TIME_BYTES + TAG_BYTES;

function mac(secret: Buffer, ...parts: ReadonlyArray<Buffer | string>): Buffer {
	const hmac = createHmac('sha256', secret);
	for (const part of parts) {
		// The length first, so that no two lists of parts read the same.
		hmac.update(Buffer.of(part.length)).update(part);
	}
	return hmac.digest().subarray(0, TAG_BYTES);
}

function makeToken(
	kind: number,
	timeMs: number,
	tagOf: (head: Buffer) => Buffer,
): Buffer {
	const head = Buffer.alloc(1 + TIME_BYTES);
	head[0] = kind;
	head.writeUIntBE(Math.floor(timeMs), 1, TIME_BYTES);
	return Buffer.concat([head, tagOf(head)]);
}

/** The time of a token whose tag is right; undefined when it is of another kind, or forged. */
function readToken(
	token: Buffer,
	kind: number,
	tagOf: (head: Buffer) => Buffer,
): number | undefined {
	if (token.length !== TOKEN_BYTES || token[0] !== kind) {
		return undefined;
	}
	const head = token.subarray(0, 1 + TIME_BYTES);
	return timingSafeEqual(tagOf(head), token.subarray(1 + TIME_BYTES))
		? head.readUIntBE(1, TIME_BYTES)
		: undefined;
}

/** The question that a RETRY answers. */
type Question = Pick<Init, 'clientId' | 'nonce'>;

/**
 * What a node asks a device to repeat before it keeps anything: proof that the device hears what is sent to
 * its address. Nothing is stored; the secret behind it changes every minute.
 */
export class RetryTokens {
	#secret: Buffer;
	#secretBefore: Buffer;
	#changesAtMs: number;

	readonly #randomBytes: RandomBytes;

	constructor(randomBytes: RandomBytes, nowMs: number) {
		this.#randomBytes = randomBytes;
		this.#secret = randomBytes(32);
		this.#secretBefore = randomBytes(32);
		this.#changesAtMs = nowMs + RETRY_SECRET_MS;
	}

	/**
	 * The same question gets the same ID, so that an attempt whose RETRY was lost is still one attempt. The
	 * node chooses it, so nobody can aim at a place in its table.
	 */
	issue(
		question: Question,
		from: Address,
		nowMs: number,
	): { serverId: Buffer; token: Buffer } {
		this.#rotate(nowMs);
		const secret = this.#secret;
		const serverId = this.#serverId(secret, question, from);
		const token = makeToken(RETRY, nowMs, (head) =>
			this.#tag(secret, head, question, serverId, from),
		);
		return { serverId, token };
	}

	isValid(init: Init, from: Address, nowMs: number): boolean {
		this.#rotate(nowMs);
		for (const secret of [this.#secret, this.#secretBefore]) {
			const issuedMs = readToken(init.token, RETRY, (head) =>
				this.#tag(secret, head, init, init.serverId, from),
			);
			if (issuedMs !== undefined) {
				return nowMs - issuedMs <= RETRY_TOKEN_MS;
			}
		}
		return false;
	}

	#serverId(
		secret: Buffer,
		{ clientId, nonce }: Question,
		from: Address,
	): Buffer {
		return mac(
			secret,
			'id',
			clientId,
			nonce,
			from.address,
			String(from.port),
		).subarray(0, ID_BYTES);
	}

	#tag(
		secret: Buffer,
		head: Buffer,
		{ clientId, nonce }: Question,
		serverId: Buffer,
		from: Address,
	): Buffer {
		return mac(
			secret,
			'retry',
			head,
			clientId,
			nonce,
			serverId,
			from.address,
			String(from.port),
		);
	}

	#rotate(nowMs: number): void {
		if (nowMs < this.#changesAtMs) {
			return;
		}
		// After a long silence the older one is out of date as well.
		const stale = nowMs >= this.#changesAtMs + RETRY_SECRET_MS;
		this.#secretBefore = stale ? this.#randomBytes(32) : this.#secret;
		this.#secret = this.#randomBytes(32);
		this.#changesAtMs = nowMs + RETRY_SECRET_MS;
	}
}

/** Spent tokens are remembered in two halves of this many; when one is full, none is taken until it turns. */
const MOST_SPENT = 16_384;

/**
 * A token for the next connection, which then needs no RETRY. Bound to the device's IP address and to the ID
 * that the node chose for that connection; good for hours, and once.
 */
export class NewTokens {
	#spent = new Set<string>();
	#spentBefore = new Set<string>();
	#turnsAtMs = 0;

	/** @param secret stays the same when the node restarts. */
	readonly #secret: Buffer;
	readonly #randomBytes: RandomBytes;

	constructor(secret: Buffer, randomBytes: RandomBytes) {
		this.#secret = secret;
		this.#randomBytes = randomBytes;
	}

	issue(from: Address, wallMs: number): { serverId: Buffer; token: Buffer } {
		const serverId = this.#randomBytes(ID_BYTES);
		const token = makeToken(NEW, wallMs + NEW_TOKEN_MS, (head) =>
			this.#tag(head, serverId, from),
		);
		return { serverId, token };
	}

	/** Whether it is good; if it was, it is no more. */
	spend(init: Init, from: Address, wallMs: number): boolean {
		const untilMs = readToken(init.token, NEW, (head) =>
			this.#tag(head, init.serverId, from),
		);
		if (
			untilMs === undefined ||
			untilMs < wallMs ||
			untilMs > wallMs + NEW_TOKEN_MS
		) {
			return false;
		}
		if (wallMs >= this.#turnsAtMs) {
			this.#spentBefore = this.#spent;
			this.#spent = new Set();
			this.#turnsAtMs = wallMs + NEW_TOKEN_MS;
		}
		const key = init.serverId.toString('latin1');
		if (
			this.#spent.has(key) ||
			this.#spentBefore.has(key) ||
			this.#spent.size >= MOST_SPENT
		) {
			return false;
		}
		this.#spent.add(key);
		return true;
	}

	#tag(head: Buffer, serverId: Buffer, from: Address): Buffer {
		return mac(this.#secret, 'new', head, serverId, from.address);
	}
}

/** A stateless reset's proof for one ID: only the node that chose the ID can make it, also after a restart. */
export const resetTokenFor = (secret: Buffer, serverId: Buffer): Buffer =>
	mac(secret, 'reset', serverId).subarray(0, RESET_TOKEN_BYTES);

/** The secret that outlives a restart, from one that the node has anyway: its TLS key. */
export const lastingSecret = (tlsKey: string | Buffer): Buffer =>
	createHmac('sha256', 'cloudlink udp lasting secret').update(tlsKey).digest();
