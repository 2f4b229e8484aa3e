import type { Address } from '../wire/address.js';
import { ID_BYTES, RETRY_SECRET_MS, RETRY_TOKEN_MS } from '../wire/limits.js';
import type { Init } from '../wire/packet.js';
import { mac, makeToken, readToken, type RandomBytes } from './mac.js';

/** The first byte of the token. */
const KIND = 1;

/** The question that a RETRY answers. */
type Question = Pick<Init, 'clientId' | 'nonce'>;

/**
 * What a node asks a device to repeat before it keeps anything: proof that the device hears what is sent to
 * its address. Nothing is stored; the secret behind it is this process's own and changes every minute.
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

	/** The same question gets the same ID, which the node chooses, so nobody can aim at a place in its table. */
	issue(
		question: Question,
		from: Address,
		nowMs: number,
	): { serverId: Buffer; token: Buffer } {
		this.#rotate(nowMs);
		const { clientId, nonce } = question;
		const serverId = mac(
			this.#secret,
			'id',
			clientId,
			nonce,
			from.address,
			String(from.port),
		).subarray(0, ID_BYTES);
		const token = makeToken(KIND, nowMs, (head) =>
			tag(this.#secret, head, { clientId, nonce, serverId }, from),
		);
		return { serverId, token };
	}

	isValid(init: Init, from: Address, nowMs: number): boolean {
		this.#rotate(nowMs);
		for (const secret of [this.#secret, this.#secretBefore]) {
			const issuedMs = readToken(init.token, KIND, (head) =>
				tag(secret, head, init, from),
			);
			if (issuedMs !== undefined) {
				return nowMs - issuedMs <= RETRY_TOKEN_MS;
			}
		}
		return false;
	}

	#rotate(nowMs: number): void {
		if (nowMs < this.#changesAtMs) {
			return;
		}
		// After a long silence the older one is out of date as well.
		const isStale = nowMs >= this.#changesAtMs + RETRY_SECRET_MS;
		this.#secretBefore = isStale ? this.#randomBytes(32) : this.#secret;
		this.#secret = this.#randomBytes(32);
		this.#changesAtMs = nowMs + RETRY_SECRET_MS;
	}
}

const tag = (
	secret: Buffer,
	head: Buffer,
	{ clientId, nonce, serverId }: Question & Pick<Init, 'serverId'>,
	from: Address,
): Buffer =>
	mac(
		secret,
		'retry',
		head,
		clientId,
		nonce,
		serverId,
		from.address,
		String(from.port),
	);
