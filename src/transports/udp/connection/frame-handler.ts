import type { Address } from '../wire/address.js';
import { CLOSE, type Frame } from '../wire/frames.js';
import type { CongestionController } from './congestion.js';
import type { End } from './end.js';
import type { LossRecovery, SentPacket } from './loss-recovery.js';
import type { Paths } from './paths.js';
import type { ReceiveStream } from './receive-stream.js';
import type { SendStream } from './send-stream.js';

/** What a device is told for its next connection to the same node. */
export interface NextToken {
	readonly serverId: Buffer;
	readonly token: Buffer;
}

export interface FrameHandlerParts {
	readonly receiving: Pick<ReceiveStream, 'receive' | 'complete'>;
	readonly sending: Pick<SendStream, 'limit' | 'onAcknowledged' | 'finSent'>;
	readonly recovery: Pick<LossRecovery, 'onAck' | 'rtt'>;
	readonly paths: Pick<Paths, 'onChallenge' | 'onResponse'>;
	readonly congestion: () => CongestionController;
	readonly sender: () => {
		readonly nextNumber: number;
		readonly isLimited: boolean;
	};
	readonly onLost: (lost: readonly SentPacket[], nowMs: number) => void;
	/** The other end answers from another address now. */
	readonly onMoved: (left: Address, to: Address) => void;
	readonly onResetToken: (token: Buffer) => void;
	readonly onNextToken: (token: NextToken) => void;
	readonly onViolation: (rule: string) => void;
	readonly vanish: (end: End) => void;
}

/** What each frame of an authentic packet does. */
export class FrameHandler {
	readonly #parts: FrameHandlerParts;

	constructor(parts: FrameHandlerParts) {
		this.#parts = parts;
	}

	/** False when it found no room or broke a rule, so that its packet is not acknowledged. */
	handle(frame: Frame, from: Address, nowMs: number): boolean {
		const { paths, onResetToken, onNextToken, onMoved } = this.#parts;
		switch (frame.type) {
			case 'stream':
				return this.#onStream(frame);
			case 'ack':
				return this.#onAck(frame, nowMs);
			case 'ping':
				return true;
			case 'path-challenge':
				paths.onChallenge(frame.data, from);
				return true;
			case 'path-response': {
				const left = paths.onResponse(frame.data, from);
				if (left) {
					onMoved(left, from);
				}
				return true;
			}
			case 'key-confirm':
				onResetToken(frame.resetToken);
				return true;
			case 'new-token':
				onNextToken({
					serverId: Buffer.from(frame.serverId),
					token: Buffer.from(frame.token),
				});
				return true;
			case 'close':
				this.#onClose(frame.code);
				return true;
		}
	}

	#onStream({ offset, data, fin }: Frame & { type: 'stream' }): boolean {
		const reception = this.#parts.receiving.receive(offset, data, fin);
		if (reception === 'violation') {
			this.#parts.onViolation('stream data out of bounds');
		}
		return reception === 'taken';
	}

	#onAck(frame: Frame & { type: 'ack' }, nowMs: number): boolean {
		const { sending, recovery, congestion, sender } = this.#parts;
		const { nextNumber, isLimited } = sender();
		if (frame.ranges[0]!.high >= nextNumber) {
			this.#parts.onViolation('ACK of a packet that was never sent');
			return false;
		}
		sending.limit = Math.max(sending.limit, frame.limit);
		const { acknowledged, lost } = recovery.onAck(
			frame.ranges,
			frame.delayMs,
			nowMs,
		);
		const state = { nowMs, nextNumber, isLimited, rtt: recovery.rtt };
		for (const packet of acknowledged) {
			for (const segment of packet.segments) {
				sending.onAcknowledged(segment);
			}
			congestion().onAcknowledged(packet, state);
		}
		this.#parts.onLost(lost, nowMs);
		return true;
	}

	#onClose(code: number): void {
		const { receiving, sending, vanish } = this.#parts;
		const isInOrder =
			code === CLOSE.done && receiving.complete && sending.finSent;
		vanish(isInOrder ? { reason: 'done' } : { reason: 'closed', code });
	}
}
