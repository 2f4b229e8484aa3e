import { MAX_DATAGRAM_BYTES } from '../wire/limits.js';
import type {
	AcknowledgedPacket,
	CongestionController,
	SenderState,
} from './congestion.js';
import { HyStart } from './hystart.js';

/** RFC 9002, 7.2, in datagrams. */
export const INITIAL_WINDOW = 10;
export const MINIMUM_WINDOW = 2;
/** Never more in flight than this, whatever the path seems to carry. */
export const MAXIMUM_WINDOW = 4096;

/** RFC 9438, 4.6 and 5.1: beta_cubic, and C in packets a second cubed. */
const BETA = 0.7;
const C = 0.4;
/** RFC 9438, 4.3: alpha_cubic, which makes W_est grow as fast as Reno on average. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** CUBIC (RFC 9438); sizes are in bytes. */
export class Cubic implements CongestionController {
	/** max_datagram_size. */
	readonly #mds: number;
	#cwnd: number;
	#ssthresh = Infinity;
	readonly #hystart = new HyStart();
	/** Packets sent up to here belong to a round trip that has paid for its losses. */
	#recoveryStartMs = -1;
	/** What the last congestion event changed, while it may prove to be none, and the losses that made it. */
	#before:
		| { sentByMs: number; cwnd: number; ssthresh: number; wMax: number }
		| undefined;
	#lossesOfEvent = 0;
	#epochStartMs: number | undefined;
	#wMax = 0;
	/** Seconds from the start of the epoch until the window is back at W_max. */
	#k = 0;
	#wEst = 0;

	constructor(datagramBytes: number = MAX_DATAGRAM_BYTES) {
		this.#mds = datagramBytes;
		this.#cwnd = INITIAL_WINDOW * datagramBytes;
	}

	get windowBytes(): number {
		return this.#cwnd;
	}

	get isInSlowStart(): boolean {
		return this.#cwnd < this.#ssthresh;
	}

	onAcknowledged(
		packet: AcknowledgedPacket,
		{ nowMs, nextNumber, isLimited, rtt }: SenderState,
	): void {
		if (
			this.isInSlowStart &&
			this.#hystart.shouldExit(packet.packetNumber, nextNumber, rtt.adjustedMs)
		) {
			this.#ssthresh = this.#cwnd;
		}
		if (packet.sentMs <= this.#recoveryStartMs) {
			return;
		}
		if (!isLimited) {
			// Time in which nothing was asked of the path does not count as time to grow.
			this.#epochStartMs = undefined;
		} else if (this.isInSlowStart) {
			this.#grow(packet.bytes);
		} else {
			this.#avoidCongestion(packet.bytes, rtt.smoothedMs, nowMs);
		}
	}

	/** RFC 9438, 4.2 to 4.5. */
	#avoidCongestion(bytes: number, smoothedRttMs: number, nowMs: number): void {
		if (this.#epochStartMs === undefined) {
			this.#epochStartMs = nowMs;
			this.#wEst = this.#cwnd;
			this.#wMax = Math.max(this.#wMax, this.#cwnd);
			this.#k = Math.cbrt((this.#wMax - this.#cwnd) / this.#mds / C);
		}
		const t = (nowMs - this.#epochStartMs) / 1000;
		const share = bytes / this.#cwnd;
		const alpha = this.#wEst < this.#wMax ? ALPHA : 1;
		this.#wEst += alpha * this.#mds * share;
		if (this.#wCubic(t) < this.#wEst) {
			this.#grow(this.#wEst - this.#cwnd);
			return;
		}
		const target = Math.min(
			this.#wCubic(t + smoothedRttMs / 1000),
			1.5 * this.#cwnd,
		);
		this.#grow((target - this.#cwnd) * share);
	}

	#wCubic(t: number): number {
		return C * (t - this.#k) ** 3 * this.#mds + this.#wMax;
	}

	#grow(bytes: number): void {
		this.#cwnd = Math.min(
			this.#cwnd + Math.max(0, bytes),
			MAXIMUM_WINDOW * this.#mds,
		);
	}

	onLost(sentMs: number, nowMs: number, packets = 1): void {
		if (sentMs <= this.#recoveryStartMs) {
			this.#lossesOfEvent += packets;
			return;
		}
		this.#lossesOfEvent = packets;
		this.#before = {
			sentByMs: nowMs,
			cwnd: this.#cwnd,
			ssthresh: this.#ssthresh,
			wMax: this.#wMax,
		};
		this.#recoveryStartMs = nowMs;
		this.#epochStartMs = undefined;
		// Fast convergence (RFC 9438, 4.7): a flow that has lost ground makes room for others.
		this.#wMax =
			this.#cwnd < this.#wMax ? (this.#cwnd * (1 + BETA)) / 2 : this.#cwnd;
		this.#cwnd = Math.max(this.#cwnd * BETA, MINIMUM_WINDOW * this.#mds);
		this.#ssthresh = this.#cwnd;
	}

	/** RFC 9438, 4.9: when no loss of a congestion event was one, the window is what it was before. */
	onArrivedLate(sentMs: number): void {
		const before = this.#before;
		if (!before || sentMs > before.sentByMs || --this.#lossesOfEvent > 0) {
			return;
		}
		this.#before = undefined;
		this.#cwnd = Math.max(this.#cwnd, before.cwnd);
		this.#ssthresh = before.ssthresh;
		this.#wMax = before.wMax;
		this.#epochStartMs = undefined;
		this.#recoveryStartMs = -1;
	}

	/** RFC 9002, 7.6. */
	onPersistentCongestion(): void {
		this.#cwnd = MINIMUM_WINDOW * this.#mds;
		this.#before = undefined;
		this.#recoveryStartMs = -1;
		this.#epochStartMs = undefined;
	}
}
