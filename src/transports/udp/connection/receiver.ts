import type { Address } from '../wire/address.js';
import { decodeFrames, type Frame } from '../wire/frames.js';
import { TAG_BYTES } from '../wire/limits.js';
import {
	decodeProtected,
	destinationOf,
	idKey,
	type ProtectedPacket,
} from '../wire/packet.js';
import type { Acks } from './acks.js';
import type { Epochs } from './epochs.js';
import type { Handshake } from './handshake.js';
import type { Paths } from './paths.js';
import type { ConnectionStats } from './stats.js';
import type { Timers } from './timers.js';

export interface ReceiverParts {
	readonly handshake: Handshake;
	readonly epochs: Pick<Epochs, 'check'>;
	readonly acks: Pick<
		Acks,
		'received' | 'onReceived' | 'onEliciting' | 'tellNow'
	>;
	readonly paths: Pick<Paths, 'onAuthentic'>;
	readonly timers: Pick<Timers, 'onHeard' | 'onEliciting'>;
	readonly stats: Pick<ConnectionStats, 'dropped'>;
	/** Acts on a frame; false when it found no room, so that its packet counts as lost. */
	readonly onFrame: (frame: Frame, from: Address, nowMs: number) => boolean;
	/** A datagram without a tag; false when it meant nothing. */
	readonly onKeyless: (datagram: Buffer, nowMs: number) => boolean;
	/** The other end broke a rule. */
	readonly onViolation: (rule: string) => void;
}

/** Lets in what is authentic and new, and leads its frames to whom they concern. */
export class Receiver {
	readonly #parts: ReceiverParts;
	readonly #clientKey: string;

	constructor(parts: ReceiverParts) {
		this.#parts = parts;
		this.#clientKey = idKey(parts.handshake.options.clientId);
	}

	receive(datagram: Buffer, from: Address, nowMs: number): void {
		const { stats, acks, timers, paths } = this.#parts;
		const packet = decodeProtected(datagram);
		if (!packet) {
			if (!this.#parts.onKeyless(datagram, nowMs)) {
				stats.dropped.malformed++;
			}
			return;
		}
		if (!this.#isAuthentic(packet, datagram)) {
			return;
		}
		const { packetNumber } = packet;
		if (acks.received.has(packetNumber)) {
			// Our ACK was lost, or somebody plays packets back; either way one ACK harms nobody.
			stats.dropped.duplicate++;
			acks.tellNow(nowMs);
			return;
		}
		timers.onHeard(nowMs);
		const end = datagram.length - TAG_BYTES;
		const frames = decodeFrames(datagram, packet.framesAt, end);
		if (!frames) {
			this.#parts.onViolation('malformed frame');
			return;
		}
		const { largest } = acks.received;
		const isNewest = packetNumber > largest;
		paths.onAuthentic(from, datagram.length, isNewest, nowMs);
		const ackAtOnce = packet.ackNow || packetNumber !== largest + 1;
		if (this.#process(frames, from, nowMs, ackAtOnce)) {
			acks.onReceived(packetNumber, nowMs);
		}
	}

	#isAuthentic(packet: ProtectedPacket, datagram: Buffer): boolean {
		const { handshake, epochs, stats } = this.#parts;
		const isForeign =
			packet.type === 'init' || destinationOf(datagram) !== this.#clientKey;
		if (handshake.options.role === 'client' && isForeign) {
			stats.dropped.malformed++;
			return false;
		}
		const refusal = epochs.check(datagram, packet.type === 'short');
		if (refusal) {
			stats.dropped[refusal]++;
			return false;
		}
		handshake.isAnswered = true;
		return true;
	}

	/** False when the packet found no room and counts as lost. */
	#process(
		frames: readonly Frame[],
		from: Address,
		nowMs: number,
		ackAtOnce: boolean,
	): boolean {
		const { acks, timers, onFrame } = this.#parts;
		let isEliciting = false;
		let ackNow = ackAtOnce;
		for (const frame of frames) {
			if (!onFrame(frame, from, nowMs)) {
				return false;
			}
			isEliciting ||= frame.type !== 'ack' && frame.type !== 'close';
			ackNow ||= frame.type === 'stream' && frame.fin;
		}
		if (isEliciting) {
			acks.onEliciting(nowMs, ackNow);
			timers.onEliciting(nowMs);
		}
		return true;
	}
}
