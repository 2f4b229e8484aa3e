import type { Random } from '../../../runtime/index.js';
import { INITIAL_LIMIT_BYTES } from '../wire/limits.js';
import { Acks } from './acks.js';
import type { Envelope } from './envelope.js';
import type { BlackHole } from './black-hole.js';
import { LossRecovery } from './loss-recovery.js';
import type { SentPacket } from './sent-packet.js';
import { PacketBuilder } from './packet-builder.js';
import { PacketNumbers } from './packet-numbers.js';
import { ReceiveStream } from './receive-stream.js';
import type { RttEstimator } from './rtt.js';
import { SendStream } from './send-stream.js';
import { PING } from '../wire/encode-frames.js';

/**
 * A packet number space (RFC 9000, 12.3), one for each epoch: keys, numbers, ACKs, losses and a stream of its own. What an
 * eavesdropper who computed the keys of epoch 0 put into its space is thrown away with it.
 */
export class PacketSpace {
	readonly recovery: LossRecovery;
	readonly sending = new SendStream(INITIAL_LIMIT_BYTES);
	readonly receiving: ReceiveStream;
	readonly acks: Acks;
	readonly numbers: PacketNumbers;
	readonly builder: PacketBuilder;
	/** Packets that go out whatever the window says, to ask for an ACK. */
	probes = 0;

	constructor(
		readonly name: 'handshake' | 'application',
		readonly envelope: Envelope,
		rtt: RttEstimator,
		random: Random,
		windowBytes = INITIAL_LIMIT_BYTES,
		blackHole?: BlackHole,
	) {
		this.recovery = new LossRecovery(rtt, blackHole);
		this.receiving = new ReceiveStream(windowBytes);
		this.acks = new Acks(this.receiving);
		this.numbers = new PacketNumbers(random);
		this.builder = new PacketBuilder({
			envelope,
			numbers: this.numbers,
			acks: this.acks,
			segments: this.sending,
			inFlight: this.recovery,
		});
	}

	/** What these packets held goes out again. A PING is not worth that. */
	resend(lost: readonly SentPacket[]): void {
		for (const { segments, control } of lost) {
			for (const segment of segments) {
				this.sending.onLost(segment);
			}
			for (const frame of control) {
				if (frame !== PING) {
					this.builder.queue(frame);
				}
			}
		}
	}
}
