import type { Address } from '../wire/address.js';
import type { NextToken } from '../wire/frames.js';
import {
	ID_BYTES,
	NEW_TOKEN_MS,
	RESET_TOKEN_BYTES,
	TOKEN_SECRET_BYTES,
} from '../wire/limits.js';
import type { Init } from '../wire/packet.js';
import { mac, makeToken, readToken, type RandomBytes } from './mac.js';

/** The first byte of the token. */
const KIND = 2;
/** Spent tokens are remembered in two halves of this many; when one is full, none is taken until it turns. */
const MOST_SPENT = 16_384;

/**
 * A token for the next connection, which then needs no RETRY. Bound to this node, to the device's IP address and to the ID that the
 * node chose for that connection; good for hours, and once. Who only sees it cannot use it: the INIT is sealed with its secret.
 */
export class NewTokens {
	#spent = new Set<string>();
	#spentBefore = new Set<string>();
	#turnsAtMs = 0;
	#latestWallMs = 0;
	readonly #secret: Buffer;
	readonly #randomBytes: RandomBytes;

	/** @param secret of this node alone; the same after a restart, if tokens shall outlive it. */
	constructor(secret: Buffer, randomBytes: RandomBytes) {
		this.#secret = secret;
		this.#randomBytes = randomBytes;
	}

	issue({ address }: Address, atMs: number): NextToken {
		const wallMs = this.#forwards(atMs);
		const serverId = this.#randomBytes(ID_BYTES);
		const token = makeToken(KIND, wallMs + NEW_TOKEN_MS, (head) =>
			mac(this.#secret, 'new', head, serverId, address),
		);
		return { serverId, token, secret: this.#secretOf(token, serverId) };
	}

	#secretOf(token: Buffer, serverId: Buffer): Buffer {
		return mac(this.#secret, 'new secret', token, serverId).subarray(
			0,
			TOKEN_SECRET_BYTES,
		);
	}

	/** What the INIT must be sealed with; undefined when its token is not good, or not any more. */
	check(init: Init, { address }: Address, atMs: number): Buffer | undefined {
		const wallMs = this.#forwards(atMs);
		const { token, serverId } = init;
		const untilMs = readToken(token, KIND, (head) =>
			mac(this.#secret, 'new', head, serverId, address),
		);
		if (
			untilMs === undefined ||
			untilMs < wallMs ||
			untilMs > wallMs + NEW_TOKEN_MS
		) {
			return undefined;
		}
		if (wallMs >= this.#turnsAtMs) {
			this.#spentBefore = this.#spent;
			this.#spent = new Set();
			this.#turnsAtMs = wallMs + NEW_TOKEN_MS;
		}
		const key = serverId.toString('latin1');
		return this.#spent.has(key) ||
			this.#spentBefore.has(key) ||
			this.#spent.size >= MOST_SPENT
			? undefined
			: this.#secretOf(token, serverId);
	}

	/** A clock that was set back would make tokens good again whose use was forgotten: for them time only goes on. */
	#forwards(wallMs: number): number {
		this.#latestWallMs = Math.max(this.#latestWallMs, wallMs);
		return this.#latestWallMs;
	}

	/** It was good, and is no more. */
	spend({ serverId }: Init): void {
		this.#spent.add(serverId.toString('latin1'));
	}
}

/** A stateless reset's proof for one ID: only the node that chose the ID can make it. */
export const resetTokenFor = (secret: Buffer, serverId: Buffer): Buffer =>
	mac(secret, 'reset', serverId).subarray(0, RESET_TOKEN_BYTES);
