import type { Address } from '../wire/address.js';
import type { Frame } from '../wire/frames.js';
import { decodeFrames } from '../wire/decode-frames.js';
import { MAX_EARLY_PACKETS } from '../wire/limits.js';
import {
	decodeProtected,
	destinationOf,
	idKey,
	type ProtectedPacket,
} from '../wire/packet.js';
import type { Acks } from './acks.js';
import type { Envelope } from './envelope.js';
import type { Handshake } from './handshake.js';
import type { PacketBudget } from './packet-budget.js';
import type { Paths } from './paths.js';
import type { ConnectionStats } from './stats.js';
import type { Timers } from './timers.js';

/** A packet number space, as the one who receives sees it. */
export interface ReceivingSpace {
	readonly name: 'handshake' | 'application';
	readonly envelope: Pick<Envelope, 'open'>;
	readonly acks: Pick<
		Acks,
		'received' | 'onReceived' | 'onEliciting' | 'tellNow'
	>;
}

export interface ReceiverParts<S extends ReceivingSpace> {
	readonly handshake: Handshake;
	/** The space of an epoch; 'early' when its keys are still to come, undefined when they are gone. */
	readonly spaceOf: (isShort: boolean) => S | 'early' | undefined;
	/** Something authentic of epoch 1 came. */
	readonly onConfirmed: () => void;
	readonly paths: Pick<Paths, 'onAuthentic'>;
	readonly timers: Pick<Timers, 'onHeard' | 'onEliciting'>;
	readonly stats: Pick<ConnectionStats, 'dropped'>;
	readonly budget: Pick<PacketBudget, 'allowsPacket'>;
	/** Acts on a frame; false when it found no room, so that its packet counts as lost. */
	readonly onFrame: (
		frame: Frame,
		space: S,
		from: Address,
		nowMs: number,
	) => boolean;
	/** A datagram without a tag; false when it meant nothing. */
	readonly onKeyless: (datagram: Buffer, nowMs: number) => boolean;
	/** The other end broke a rule, or in epoch 0 whoever computed its keys. */
	readonly onViolation: (rule: string, space: S) => void;
	/** The other end sends too much that is worth nothing. */
	readonly onFlood: () => void;
}

/** Lets in what is authentic and new, and leads its frames to whom they concern. */
export class Receiver<S extends ReceivingSpace> {
	readonly #parts: ReceiverParts<S>;
	readonly #clientKey: string;
	#early: Array<{ datagram: Buffer; from: Address; nowMs: number }> = [];

	constructor(parts: ReceiverParts<S>) {
		this.#parts = parts;
		this.#clientKey = idKey(parts.handshake.options.clientId);
	}

	receive(datagram: Buffer, from: Address, nowMs: number): void {
		const { stats, timers, paths, onKeyless } = this.#parts;
		const packet = decodeProtected(datagram);
		if (!packet) {
			if (!onKeyless(datagram, nowMs)) {
				stats.dropped.malformed++;
			}
			return;
		}
		const isShort = packet.type === 'short';
		const space = this.#parts.spaceOf(isShort);
		if (space === 'early' && this.#early.length < MAX_EARLY_PACKETS) {
			this.#early.push({ datagram: Buffer.from(datagram), from, nowMs });
			return;
		}
		if (space === undefined || space === 'early') {
			stats.dropped.epoch++;
			return;
		}
		const plain = this.#open(space, packet, datagram);
		if (!plain) {
			return;
		}
		const { acks } = space;
		const { packetNumber } = packet;
		if (acks.received.has(packetNumber)) {
			// Our ACK was lost, or somebody plays packets back; either way one ACK harms nobody.
			stats.dropped.duplicate++;
			acks.tellNow(nowMs);
			return;
		}
		timers.onHeard(nowMs);
		const frames = decodeFrames(plain);
		if (!frames) {
			this.#parts.onViolation('malformed frame', space);
			return;
		}
		const { largest } = acks.received;
		if (isShort) {
			// Nobody moves before the handshake is done (RFC 9000, 9).
			paths.onAuthentic(from, datagram.length, packetNumber > largest, nowMs);
		}
		const ackAtOnce = packet.ackNow || packetNumber !== largest + 1;
		if (this.#process(frames, space, from, nowMs, ackAtOnce)) {
			acks.onReceived(packetNumber, nowMs);
		}
		const { budget, onFlood } = this.#parts;
		// Before its keys anybody may send, and a handshake has its time.
		if (isShort && !budget.allowsPacket(frames.length, nowMs)) {
			onFlood();
		}
	}

	/** The keys of epoch 1 are there: what came before them is looked at now. */
	receiveEarly(): void {
		for (const { datagram, from, nowMs } of this.#early.splice(0)) {
			this.receive(datagram, from, nowMs);
		}
	}

	#open(
		space: S,
		packet: ProtectedPacket,
		datagram: Buffer,
	): Buffer | undefined {
		const { handshake, stats, onConfirmed } = this.#parts;
		const isForeign =
			packet.type === 'init' || destinationOf(datagram) !== this.#clientKey;
		if (handshake.options.role === 'client' && isForeign) {
			stats.dropped.malformed++;
			return undefined;
		}
		const plain = space.envelope.open(packet, datagram);
		if (!plain) {
			stats.dropped.mac++;
			return undefined;
		}
		handshake.isAnswered = true;
		if (packet.type === 'short') {
			onConfirmed();
		}
		return plain;
	}

	/** False when the packet found no room and counts as lost. */
	#process(
		frames: readonly Frame[],
		space: S,
		from: Address,
		nowMs: number,
		ackAtOnce: boolean,
	): boolean {
		const { timers, onFrame } = this.#parts;
		let isEliciting = false;
		let ackNow = ackAtOnce;
		for (const frame of frames) {
			if (!onFrame(frame, space, from, nowMs)) {
				return false;
			}
			isEliciting ||= frame.type !== 'ack' && frame.type !== 'close';
			ackNow ||= frame.type === 'stream' && frame.fin;
		}
		if (isEliciting) {
			space.acks.onEliciting(nowMs, ackNow);
			timers.onEliciting(nowMs);
		}
		return true;
	}
}
