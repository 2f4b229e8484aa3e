import type { RttEstimator } from './rtt.js';

/** A packet that was acknowledged, as congestion control sees it. */
export interface AcknowledgedPacket {
	readonly packetNumber: number;
	readonly bytes: number;
	readonly sentMs: number;
}

/** What the sender knows when an ACK comes. */
export interface SenderState {
	readonly nowMs: number;
	/** The number of the packet that will be sent next. */
	readonly nextNumber: number;
	/** Whether the window, and not a lack of data, held the sender back (RFC 9002, 7.8). */
	readonly isLimited: boolean;
	readonly rtt: Pick<RttEstimator, 'adjustedMs' | 'smoothedMs'>;
}

/** How many bytes may be in flight (RFC 9002, 7). */
export interface CongestionController {
	readonly windowBytes: number;
	readonly isInSlowStart: boolean;
	onAcknowledged(packet: AcknowledgedPacket, state: SenderState): void;
	/** So many packets are lost, the last of them sent at `sentMs`. The window shrinks once for each round trip. */
	onLost(sentMs: number, nowMs: number, packets?: number): void;
	/** A packet sent then counted as lost, and has arrived after all. */
	onArrivedLate(sentMs: number): void;
	onPersistentCongestion(): void;
}
