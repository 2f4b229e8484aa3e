import type { Range } from '../wire/frames.js';
import { MAX_ACK_DELAY_MS } from '../wire/limits.js';
import type { SentPacket } from './sent-packet.js';
import type { RttEstimator } from './rtt.js';

/** RFC 9002, 6.1.1: kPacketThreshold. */
const PACKET_THRESHOLD = 3;
/** RFC 8985, 6.2: losses in a row that were ones until reordering counts as over. */
const LOSSES_UNTIL_FORGOTTEN = 16;
/** Lost packets whose verdict is open. */
const MOST_DOUBTFUL = 256;

/**
 * How far packets overtake each other on the path. RFC 9002 (6.1.1, 6.1.2) lets the thresholds of loss grow with it; as RACK does
 * (RFC 8985), once a packet that counted as lost has arrived, time decides and no longer the packets that came before it.
 */
export class Reordering {
	readonly #rtt: RttEstimator;
	readonly #doubtful = new Map<number, SentPacket>();
	/** How late packets were, beyond the round trip. */
	#windowMs = 0;
	#lossesLeft = 0;

	constructor(rtt: RttEstimator) {
		this.#rtt = rtt;
	}

	/** A packet is lost when one has arrived that was sent so many later. */
	get packetThreshold(): number {
		return this.#windowMs > 0 ? Infinity : PACKET_THRESHOLD;
	}

	/** Or when one has arrived that was sent later, and it was itself sent so long ago. */
	get lossDelayMs(): number {
		const { lossDelayMs, smoothedMs } = this.#rtt;
		return this.#windowMs > 0
			? Math.max(lossDelayMs, smoothedMs + 1.25 * this.#windowMs)
			: lossDelayMs;
	}

	onLost(packet: SentPacket): void {
		this.#doubtful.set(packet.packetNumber, packet);
		if (this.#doubtful.size > MOST_DOUBTFUL) {
			this.#settleOldest();
		}
	}

	#settleOldest(): void {
		for (const packetNumber of this.#doubtful.keys()) {
			this.#doubtful.delete(packetNumber);
			break;
		}
	}

	/** The packets that counted as lost and have arrived after all. */
	onAck(ranges: readonly Range[], nowMs: number): readonly SentPacket[] {
		if (this.#doubtful.size === 0) {
			return NOTHING;
		}
		const arrived: SentPacket[] = [];
		const oldMs = nowMs - 4 * this.#rtt.ptoMs;
		for (const [packetNumber, packet] of this.#doubtful) {
			if (
				ranges.some(
					({ low, high }) => low <= packetNumber && packetNumber <= high,
				)
			) {
				this.#doubtful.delete(packetNumber);
				arrived.push(packet);
				this.#onLate(nowMs - packet.sentMs);
			} else if (packet.sentMs < oldMs) {
				this.#doubtful.delete(packetNumber);
				this.#onTrueLoss();
			}
		}
		return arrived;
	}

	#onLate(takenMs: number): void {
		const { smoothedMs } = this.#rtt;
		const mostMs = Math.max(smoothedMs, MAX_ACK_DELAY_MS);
		const lateMs = Math.min(Math.max(takenMs - smoothedMs, 1), mostMs);
		this.#windowMs = Math.max(this.#windowMs, lateMs);
		this.#lossesLeft = LOSSES_UNTIL_FORGOTTEN;
	}

	#onTrueLoss(): void {
		if (this.#lossesLeft > 0 && --this.#lossesLeft === 0) {
			this.#windowMs = 0;
		}
	}

	/** The path is another one. */
	reset(): void {
		this.#doubtful.clear();
		this.#windowMs = 0;
	}
}

const NOTHING: readonly SentPacket[] = [];
