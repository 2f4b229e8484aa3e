import { exportedKeys, type PacketKey, type Role } from '../wire/keys.js';
import { KEY_UPDATE_PACKETS } from '../wire/limits.js';

/** One bit of the header tells which of two keys in a row a packet is under. */
export type KeyPhase = 0 | 1;

const other = (phase: KeyPhase): KeyPhase => (phase === 0 ? 1 : 0);

/**
 * The keys of epoch 1, which change before a key has sealed too much (RFC 9001, section 6): either end begins, with its
 * packets' phase, and the other follows with the first authentic packet of the new phase.
 */
export class ApplicationKeys {
	readonly #updateAfter: number;
	#seal: PacketKey;
	#sealPhase: KeyPhase = 0;
	#sealed = 0;
	#open: PacketKey;
	#openPhase: KeyPhase = 0;
	/** For what was overtaken by the first packet of the phase, which has this number. */
	#previous: PacketKey | undefined;
	#phaseStart = 0;
	#next: PacketKey;
	/** Key updates so far. */
	updates = 0;
	readonly #onPeerUpdate: () => void;

	/** `onPeerUpdate`: the other end has begun one. */
	constructor(
		role: Role,
		exported: Buffer,
		updateAfter: number = KEY_UPDATE_PACKETS,
		onPeerUpdate: () => void = () => undefined,
	) {
		const { seal, open } = exportedKeys(role, exported);
		this.#seal = seal;
		this.#open = open;
		this.#next = open.next();
		this.#updateAfter = updateAfter;
		this.#onPeerUpdate = onPeerUpdate;
	}

	/** For the next packet: its phase goes into the header that is sealed with it. */
	get sealPhase(): KeyPhase {
		// The other end has followed the last update, so it holds the key of the next one.
		if (
			this.#sealed >= this.#updateAfter &&
			this.#sealPhase === this.#openPhase
		) {
			this.#advanceSeal();
		}
		return this.#sealPhase;
	}

	#advanceSeal(): void {
		this.#seal = this.#seal.next();
		this.#sealPhase = other(this.#sealPhase);
		this.#sealed = 0;
		this.updates++;
	}

	/** Packets that the key in use has sealed; an end that never follows an update lets it grow. */
	get sealed(): number {
		return this.#sealed;
	}

	seal(
		datagram: Buffer,
		framesAt: number,
		end: number,
		packetNumber: number,
	): Buffer {
		this.#sealed++;
		return this.#seal.seal(datagram, framesAt, end, packetNumber);
	}

	open(
		datagram: Buffer,
		framesAt: number,
		packetNumber: number,
		phase: KeyPhase,
	): Buffer | undefined {
		if (phase === this.#openPhase) {
			return this.#open.open(datagram, framesAt, packetNumber);
		}
		if (packetNumber < this.#phaseStart) {
			return this.#previous?.open(datagram, framesAt, packetNumber);
		}
		const frames = this.#next.open(datagram, framesAt, packetNumber);
		if (frames) {
			this.#previous = this.#open;
			this.#open = this.#next;
			this.#next = this.#open.next();
			this.#openPhase = phase;
			this.#phaseStart = packetNumber;
			if (this.#sealPhase !== phase) {
				this.#advanceSeal();
				this.#onPeerUpdate();
			}
		}
		return frames;
	}
}
