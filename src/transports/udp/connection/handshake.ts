import { MAX_DATAGRAM_BYTES, MAX_RETRIES } from '../wire/limits.js';
import type { Role } from '../wire/keys.js';
import type { Phase } from './timers.js';

export interface HandshakeOptions {
	readonly role: Role;
	readonly clientId: Buffer;
	readonly serverId: Buffer;
	/** From the RETRY, or kept from an earlier connection. */
	readonly token: Buffer;
	/** What came sealed with a kept token: the keys of epoch 0 are made from it. @default the token */
	readonly tokenSecret?: Buffer;
	/** Of the device's question: answers before any key must repeat it. */
	readonly nonce: Buffer;
	/** The size of this connection's datagrams. @default MAX_DATAGRAM_BYTES */
	readonly datagramBytes?: number;
	/** Whether the token was kept from an earlier connection, so that the node has not answered yet. */
	readonly resumed?: boolean;
}

/** Under which IDs and token a connection begins, and how far it has come. */
export class Handshake {
	serverId: Buffer;
	token: Buffer;
	/** What the keys of epoch 0 are made from. */
	secret: Buffer;
	/** The other end has said something authentic, or is the one who began. */
	isAnswered: boolean;
	/** The node has answered another question of this device: UDP gets through. */
	isPathProven = false;
	readonly datagramBytes: number;
	#retries = 0;

	constructor(readonly options: HandshakeOptions) {
		this.serverId = Buffer.from(options.serverId);
		this.token = Buffer.from(options.token);
		this.secret = options.tokenSecret ?? this.token;
		this.datagramBytes = options.datagramBytes ?? MAX_DATAGRAM_BYTES;
		this.isAnswered = options.role === 'server';
	}

	/** The node does not take the token and gives another; false when it has done so too often. */
	retry(serverId: Buffer, token: Buffer): boolean {
		if (serverId.equals(this.serverId) || this.#retries === MAX_RETRIES) {
			return false;
		}
		this.#retries++;
		this.serverId = Buffer.from(serverId);
		this.token = this.secret = Buffer.from(token);
		return true;
	}

	get phase(): Exclude<Phase, 'confirmed'> {
		const isReached =
			this.isAnswered ||
			this.isPathProven ||
			this.#retries > 0 ||
			!this.options.resumed;
		return isReached ? 'handshake' : 'unanswered';
	}
}
