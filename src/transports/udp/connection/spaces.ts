import type { PacketSpace } from './space.js';

/**
 * Which packet number spaces are in use: that of the handshake, both while either end may be in either epoch, and that of the
 * application once the other end is known to have its keys.
 */
export class Spaces {
	/** Those in use, the older first. */
	#all: readonly PacketSpace[];
	#isSecure = false;
	#isConfirmed = false;

	constructor(handshake: PacketSpace) {
		this.#all = [handshake];
	}

	get all(): readonly PacketSpace[] {
		return this.#all;
	}

	/** The one that is written to and read from. */
	get current(): PacketSpace {
		return this.#all[this.#all.length - 1]!;
	}

	/** There are keys of epoch 1. */
	get isSecure(): boolean {
		return this.#isSecure;
	}

	/** The other end is known to have them; nothing of epoch 0 is let in. */
	get isConfirmed(): boolean {
		return this.#isConfirmed;
	}

	/** Those whose losses are looked for: a device that waits for the node to read its Finished does not ask for ACKs of what comes behind it (RFC 9002, 6.2.1). */
	get recovering(): readonly PacketSpace[] {
		const [first] = this.#all;
		return this.#all.length > 1 && first!.recovery.inFlight > 0
			? [first!]
			: this.#all;
	}

	/** For a packet that came; `early` where the keys are still missing, undefined where it is too late. */
	of(isShort: boolean): PacketSpace | 'early' | undefined {
		if (isShort) {
			return this.#isSecure ? this.current : 'early';
		}
		const [first] = this.#all;
		return first!.name === 'handshake' ? first : undefined;
	}

	/** Epoch 1 begins. */
	secure(application: PacketSpace, keepsHandshake: boolean): void {
		this.#isSecure = true;
		this.#all = keepsHandshake ? [...this.#all, application] : [application];
	}

	/** Nothing of epoch 0 acts any more. */
	confirm(): void {
		if (!this.#isConfirmed) {
			this.#isConfirmed = true;
			this.#all = [this.current];
		}
	}
}
