import {
	exportedKeys,
	isAuthentic,
	type Keys,
	type PacketKey,
	type Role,
} from '../wire/keys.js';

/** Why a datagram was not let in. */
export type Refusal = 'epoch' | 'mac';

/**
 * Which keys protect what is sent and received, and when they change. The server changes when TLS is done
 * (the client has the keys by then); the client with the first authentic packet of the new epoch; each end drops
 * the old keys with its first authentic packet of the new one. No step waits for a packet that the other
 * end cannot yet send, so no loss can lock the two.
 */
export class Epochs {
	#confirmed: Keys | undefined;

	#handshake: Keys | undefined;
	#sendsConfirmed = false;
	readonly #role: Role;

	constructor(role: Role, handshake: Keys) {
		this.#role = role;
		this.#handshake = handshake;
	}

	/** What is sent goes out under epoch 1. */
	get sendsConfirmed(): boolean {
		return this.#sendsConfirmed;
	}

	/** The other end is known to have the keys of epoch 1; nothing older is let in. */
	get isConfirmed(): boolean {
		return this.#handshake === undefined;
	}

	/** TLS is done and gave these bytes. */
	secure(exported: Buffer): void {
		this.#confirmed = exportedKeys(this.#role, exported);
		this.#sendsConfirmed ||= this.#role === 'server';
	}

	get isSecure(): boolean {
		return this.#confirmed !== undefined;
	}

	/** A RETRY changed the IDs before anything was confirmed. */
	restart(handshake: Keys): void {
		this.#handshake = handshake;
	}

	/** Checks a datagram's tag under the epoch of its form; undefined = authentic. */
	check(datagram: Buffer, short: boolean): Refusal | undefined {
		const keys = short ? this.#confirmed : this.#handshake;
		if (keys === undefined) {
			return 'epoch';
		}
		if (!isAuthentic(keys.open, datagram)) {
			return 'mac';
		}
		if (short && this.#handshake !== undefined) {
			this.#handshake = undefined;
			this.#sendsConfirmed = true;
		}
		return undefined;
	}

	get sealKey(): PacketKey {
		return (this.#sendsConfirmed ? this.#confirmed : this.#handshake)!.seal;
	}
}
