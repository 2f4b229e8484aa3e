import type { Range } from '../wire/frames.js';
import { MAX_DATAGRAM_BYTES } from '../wire/limits.js';
import { BlackHole } from './black-hole.js';
import { Reordering } from './reordering.js';
import { RttEstimator } from './rtt.js';
import type { SentPacket } from './sent-packet.js';

/** RFC 9002, 7.6.1: losses over this many PTOs are persistent congestion. */
const PERSISTENT_CONGESTION_THRESHOLD = 3;

export interface AckResult {
	readonly acknowledged: readonly SentPacket[];
	readonly lost: readonly SentPacket[];
	/** Counted as lost before, and were not. */
	readonly arrivedLate: readonly SentPacket[];
}

const NOTHING: readonly SentPacket[] = [];

/** RFC 9002, section 6: which packets arrived, which are lost, and when to ask. */
export class LossRecovery {
	/** In the order of their numbers. */
	readonly #sent = new Map<number, SentPacket>();
	#largestAcknowledged = -1;
	#lossAtMs = Infinity;
	#lastElicitingMs = 0;
	/** pto_count: probe timeouts in a row without an ACK. */
	ptoCount = 0;
	bytesInFlight = 0;

	readonly #reordering: Reordering;

	constructor(
		readonly rtt: RttEstimator = new RttEstimator(),
		readonly blackHole: BlackHole = new BlackHole(MAX_DATAGRAM_BYTES),
	) {
		this.#reordering = new Reordering(rtt);
	}

	onSent(packet: SentPacket): void {
		this.#sent.set(packet.packetNumber, packet);
		this.bytesInFlight += packet.bytes;
		this.#lastElicitingMs = packet.sentMs;
		this.blackHole.onSent(packet, packet.sentMs);
	}

	get inFlight(): number {
		return this.#sent.size;
	}

	/** The packet that waits longest for its ACK. */
	get oldest(): SentPacket | undefined {
		return this.#sent.values().next().value;
	}

	onAck(ranges: readonly Range[], delayMs: number, nowMs: number): AckResult {
		const largest = ranges[0]!.high;
		const arrivedLate = this.#reordering.onAck(ranges, nowMs);
		const acknowledged = this.#take(ranges, largest);
		this.blackHole.onArrived(acknowledged);
		this.blackHole.onArrived(arrivedLate);
		this.#largestAcknowledged = Math.max(this.#largestAcknowledged, largest);
		const newest = acknowledged.at(-1);
		if (newest === undefined) {
			return { acknowledged: NOTHING, lost: NOTHING, arrivedLate };
		}
		if (newest.packetNumber === largest) {
			this.rtt.sample(nowMs - newest.sentMs, delayMs);
		}
		this.ptoCount = 0;
		return { acknowledged, lost: this.#detectLost(nowMs), arrivedLate };
	}

	#take(ranges: readonly Range[], largest: number): SentPacket[] {
		const taken: SentPacket[] = [];
		let i = ranges.length - 1;
		for (const packet of this.#sent.values()) {
			if (packet.packetNumber > largest) {
				break;
			}
			while (packet.packetNumber > ranges[i]!.high) {
				i--;
			}
			if (packet.packetNumber >= ranges[i]!.low) {
				taken.push(packet);
				this.#forget(packet);
			}
		}
		return taken;
	}

	#forget(packet: SentPacket): void {
		this.#sent.delete(packet.packetNumber);
		this.bytesInFlight -= packet.bytes;
	}

	#detectLost(nowMs: number): readonly SentPacket[] {
		const lost: SentPacket[] = [];
		const { lossDelayMs, packetThreshold } = this.#reordering;
		this.#lossAtMs = Infinity;
		for (const packet of this.#sent.values()) {
			if (packet.packetNumber > this.#largestAcknowledged) {
				break;
			}
			const dueMs = packet.sentMs + lossDelayMs;
			if (
				packet.packetNumber <= this.#largestAcknowledged - packetThreshold ||
				dueMs <= nowMs
			) {
				lost.push(packet);
				this.#forget(packet);
				this.#reordering.onLost(packet);
			} else {
				this.#lossAtMs = Math.min(this.#lossAtMs, dueMs);
			}
		}
		return lost;
	}

	/** When {@link expire} wants to be called; Infinity while nothing is in flight. */
	get deadlineMs(): number {
		if (this.#sent.size === 0) {
			return Infinity;
		}
		return this.#lossAtMs !== Infinity
			? this.#lossAtMs
			: this.#lastElicitingMs + this.rtt.ptoAfter(this.ptoCount);
	}

	/** The deadline passed: what is lost by now, or else that it is time to probe. */
	expire(nowMs: number): { lost: readonly SentPacket[]; probe: boolean } {
		if (this.#lossAtMs !== Infinity) {
			return { lost: this.#detectLost(nowMs), probe: false };
		}
		this.ptoCount++;
		// The back-off counts from now, also when nothing can be sent for the moment.
		this.#lastElicitingMs = nowMs;
		return { lost: NOTHING, probe: true };
	}

	/** Gives up on everything in flight: it went to an address, or under a key, that no longer counts. */
	loseAll(): readonly SentPacket[] {
		const lost = [...this.#sent.values()];
		this.#sent.clear();
		this.#reordering.reset();
		this.bytesInFlight = 0;
		this.#lossAtMs = Infinity;
		this.ptoCount = 0;
		return lost;
	}

	/** RFC 9002, 7.6: whether an unbroken run of losses spans so long that the path has to be learned anew. */
	isPersistent(lost: readonly SentPacket[]): boolean {
		const longMs = PERSISTENT_CONGESTION_THRESHOLD * this.rtt.ptoMs;
		let first = lost[0];
		let before = first;
		for (const packet of lost) {
			if (packet.packetNumber > before!.packetNumber + 1) {
				first = packet;
			}
			before = packet;
			if (packet.sentMs - first!.sentMs > longMs) {
				return this.rtt.isMeasured;
			}
		}
		return false;
	}
}
