import type { Address } from '../wire/address.js';
import { CLOSE, type Frame, type NextToken } from '../wire/frames.js';
import type { CongestionController } from './congestion.js';
import type { End } from './end.js';
import type { LossRecovery } from './loss-recovery.js';
import type { SentPacket } from './sent-packet.js';
import type { PacketBudget } from './packet-budget.js';
import type { PacketNumbers } from './packet-numbers.js';
import type { Paths } from './paths.js';
import type { ReceiveStream } from './receive-stream.js';
import type { SendStream } from './send-stream.js';

/** A packet number space, as its frames see it. */
export interface FrameSpace {
	readonly name: 'handshake' | 'application';
	readonly receiving: Pick<ReceiveStream, 'receive' | 'complete' | 'newBytes'>;
	readonly sending: Pick<
		SendStream,
		'limit' | 'onAcknowledged' | 'onArrivedLate' | 'finSent'
	>;
	readonly recovery: Pick<LossRecovery, 'onAck' | 'rtt'>;
	readonly numbers: Pick<PacketNumbers, 'next' | 'wereSent'>;
}

export interface FrameHandlerParts<S extends FrameSpace> {
	readonly paths: Pick<Paths, 'onChallenge' | 'onResponse'>;
	readonly congestion: () => CongestionController;
	readonly transmitter: { readonly isLimited: boolean };
	readonly budget: Pick<PacketBudget, 'onData' | 'onNews'>;
	readonly onLost: (
		space: S,
		lost: readonly SentPacket[],
		nowMs: number,
	) => void;
	/** The other end answers from another address now. */
	readonly onMoved: (left: Address, to: Address) => void;
	readonly onResetToken: (token: Buffer) => void;
	readonly onNextToken: (token: NextToken) => void;
	readonly onViolation: (rule: string, space: S) => void;
	readonly vanish: (end: End) => void;
}

/** What each frame of an authentic packet does. */
export class FrameHandler<S extends FrameSpace> {
	readonly #parts: FrameHandlerParts<S>;

	constructor(parts: FrameHandlerParts<S>) {
		this.#parts = parts;
	}

	/** False when it found no room or broke a rule, so that its packet is not acknowledged. */
	handle(frame: Frame, space: S, from: Address, nowMs: number): boolean {
		switch (frame.type) {
			case 'ping':
				return true;
			case 'stream':
				return this.#onStream(frame, space);
			case 'ack':
				return this.#onAck(frame, space, nowMs);
			case 'close':
				this.#onClose(frame.code, space);
				return true;
			default:
				if (space.name === 'handshake') {
					return this.#violate('frame of epoch 1 in epoch 0', space);
				}
				this.#onControl(frame, from);
				return true;
		}
	}

	#onControl(
		frame: Exclude<Frame, { type: 'ping' | 'stream' | 'ack' | 'close' }>,
		from: Address,
	): void {
		const { paths, onResetToken, onNextToken, onMoved } = this.#parts;
		switch (frame.type) {
			case 'path-challenge':
				paths.onChallenge(frame.data, from);
				break;
			case 'path-response': {
				const left = paths.onResponse(frame.data, from);
				if (left) {
					onMoved(left, from);
				}
				break;
			}
			case 'key-confirm':
				onResetToken(frame.resetToken);
				break;
			case 'new-token':
				onNextToken(frame);
				break;
		}
	}

	#violate(rule: string, space: S): false {
		this.#parts.onViolation(rule, space);
		return false;
	}

	#onStream(
		{ offset, data, fin }: Frame & { type: 'stream' },
		space: S,
	): boolean {
		const { receiving } = space;
		const { newBytes } = receiving;
		const reception = receiving.receive(offset, data, fin);
		this.#parts.budget.onData(data.length, receiving.newBytes - newBytes);
		return reception === 'violation'
			? this.#violate('stream data out of bounds', space)
			: reception === 'taken';
	}

	#onAck(frame: Frame & { type: 'ack' }, space: S, nowMs: number): boolean {
		const { transmitter, congestion, onLost, budget } = this.#parts;
		const { sending, recovery, numbers } = space;
		if (!numbers.wereSent(frame.ranges)) {
			return this.#violate('ACK of a packet that was never sent', space);
		}
		sending.limit = Math.max(sending.limit, frame.limit);
		const { acknowledged, lost, arrivedLate } = recovery.onAck(
			frame.ranges,
			frame.delayMs,
			nowMs,
		);
		if (acknowledged.length + arrivedLate.length > 0) {
			budget.onNews();
		}
		const state = {
			nowMs,
			nextNumber: numbers.next,
			isLimited: transmitter.isLimited,
			rtt: recovery.rtt,
		};
		for (const packet of acknowledged) {
			for (const segment of packet.segments) {
				sending.onAcknowledged(segment);
			}
			congestion().onAcknowledged(packet, state);
		}
		for (const packet of arrivedLate) {
			for (const segment of packet.segments) {
				sending.onArrivedLate(segment);
			}
			congestion().onArrivedLate(packet.sentMs);
		}
		onLost(space, lost, nowMs);
		return true;
	}

	#onClose(code: number, { receiving, sending }: S): void {
		const isInOrder =
			code === CLOSE.done && receiving.complete && sending.finSent;
		this.#parts.vanish(
			isInOrder ? { reason: 'done' } : { reason: 'closed', code },
		);
	}
}
