import { DATAGRAM_BYTES } from './limits.js';
import { SlowStartExit } from './slow-start.js';

/** RFC 9002, 7.2. */
export const INITIAL_WINDOW_BYTES = 10 * DATAGRAM_BYTES;
export const LEAST_WINDOW_BYTES = 2 * DATAGRAM_BYTES;
/** Never more in flight than this, whatever the path seems to carry. */
export const LARGEST_WINDOW_BYTES = 4096 * DATAGRAM_BYTES;

/** RFC 9438: the factor at a loss, and the cubic's steepness in packets a second cubed. */
const BETA = 0.7;
const STEEPNESS = 0.4;
/** RFC 9438, 4.3: makes the Reno-friendly estimate as fast as Reno on average. */
const RENO_STEP = (3 * (1 - BETA)) / (1 + BETA);

/** CUBIC (RFC 9438): how many bytes may be in flight. */
export class Congestion {
	windowBytes = INITIAL_WINDOW_BYTES;
	private threshold = Infinity;
	private readonly slowStart = new SlowStartExit();
	/** Losses of packets sent before this are of a round that was paid for. */
	private recoveryStartMs = -1;
	private epochStartMs: number | undefined;
	private largestBefore = 0;
	/** Seconds from the start of the epoch to the window before the loss. */
	private plateauAfter = 0;
	private renoWindow = 0;

	get inSlowStart(): boolean {
		return this.windowBytes < this.threshold;
	}

	/**
	 * One packet arrived. The window grows only while it is what holds the sender back (RFC 9002, 7.8).
	 */
	onAcknowledged(
		packet: { packetNumber: number; bytes: number; sentMs: number },
		next: number,
		roundTrip: { undelayedMs: number; smoothedMs: number },
		nowMs: number,
		limited: boolean,
	): void {
		if (
			this.inSlowStart &&
			this.slowStart.shouldExit(
				packet.packetNumber,
				next,
				roundTrip.undelayedMs,
			)
		) {
			this.threshold = this.windowBytes;
		}
		if (packet.sentMs <= this.recoveryStartMs) {
			return;
		}
		if (!limited) {
			// Time in which nothing was asked of the path must not count as time to grow.
			this.epochStartMs = undefined;
			return;
		}
		if (this.inSlowStart) {
			this.grow(packet.bytes);
			return;
		}
		this.avoid(packet.bytes, roundTrip.smoothedMs, nowMs);
	}

	private avoid(bytes: number, roundTripMs: number, nowMs: number): void {
		if (this.epochStartMs === undefined) {
			this.epochStartMs = nowMs;
			this.renoWindow = this.windowBytes;
			this.largestBefore = Math.max(this.largestBefore, this.windowBytes);
			const missing = (this.largestBefore - this.windowBytes) / DATAGRAM_BYTES;
			this.plateauAfter = Math.cbrt(missing / STEEPNESS);
		}
		const seconds = (nowMs - this.epochStartMs) / 1000;
		const share = bytes / this.windowBytes;
		const step = this.renoWindow < this.largestBefore ? RENO_STEP : 1;
		this.renoWindow += step * DATAGRAM_BYTES * share;
		if (this.cubicAt(seconds) < this.renoWindow) {
			this.grow(this.renoWindow - this.windowBytes);
			return;
		}
		const target = Math.min(
			this.cubicAt(seconds + roundTripMs / 1000),
			1.5 * this.windowBytes,
		);
		this.grow(Math.max(0, target - this.windowBytes) * share);
	}

	private cubicAt(seconds: number): number {
		const packets = STEEPNESS * (seconds - this.plateauAfter) ** 3;
		return packets * DATAGRAM_BYTES + this.largestBefore;
	}

	private grow(bytes: number): void {
		this.windowBytes = Math.min(
			this.windowBytes + Math.max(0, bytes),
			LARGEST_WINDOW_BYTES,
		);
	}

	/** A packet sent at `sentMs` is lost. One reduction for each round trip. */
	onLost(sentMs: number, nowMs: number): void {
		if (sentMs <= this.recoveryStartMs) {
			return;
		}
		this.recoveryStartMs = nowMs;
		this.epochStartMs = undefined;
		// Fast convergence: a flow that lost ground since last time makes room (RFC 9438, 4.7).
		this.largestBefore =
			this.windowBytes < this.largestBefore
				? (this.windowBytes * (1 + BETA)) / 2
				: this.windowBytes;
		this.windowBytes = Math.max(this.windowBytes * BETA, LEAST_WINDOW_BYTES);
		this.threshold = this.windowBytes;
	}

	/** Persistent congestion (RFC 9002, 7.6): learn the path anew from the least window. */
	collapse(): void {
		this.windowBytes = LEAST_WINDOW_BYTES;
		this.recoveryStartMs = -1;
		this.epochStartMs = undefined;
	}
}
