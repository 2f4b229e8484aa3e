import { DATAGRAM_BYTES } from '../wire/limits.js';
import type { CongestionController } from './congestion.js';

/** Fewer than this are not worth a timer, which is no finer than a millisecond. */
const QUANTUM_BYTES = 8 * DATAGRAM_BYTES;
/** Never more than this at once, so that a receive buffer of the kernel's default size holds it. */
const BURST_BYTES = 64 * DATAGRAM_BYTES;
/** Credit for so long is kept, since ACKs and late timers come no oftener when the machine is busy. */
const LATENESS_MS = 8;
/** What may leave at once after silence: the initial window. */
const IDLE_BURST_BYTES = 10 * DATAGRAM_BYTES;
/** Room over the window's own rate, so that pacing is never what holds a flow back (RFC 9002, 7.7). */
const GAIN = 1.25;
const SLOW_START_GAIN = 2;

/** Spreads a window's packets over a round trip. */
export class Pacer {
	#credit = IDLE_BURST_BYTES;
	#atMs = 0;
	#bytesPerMs = 0;

	/** Earns credit up to now, at the rate that the window and the round trip give. */
	advance(
		nowMs: number,
		{
			windowBytes,
			isInSlowStart,
		}: Pick<CongestionController, 'windowBytes' | 'isInSlowStart'>,
		roundTripMs: number,
	): void {
		const gain = isInSlowStart ? SLOW_START_GAIN : GAIN;
		this.#bytesPerMs = (gain * windowBytes) / Math.max(roundTripMs, 0.25);
		const kept = LATENESS_MS * this.#bytesPerMs;
		const most = Math.min(Math.max(IDLE_BURST_BYTES, kept), BURST_BYTES);
		const earned = this.#bytesPerMs * Math.max(0, nowMs - this.#atMs);
		this.#credit = Math.min(this.#credit + earned, most);
		this.#atMs = nowMs;
	}

	get ready(): boolean {
		return this.#credit >= DATAGRAM_BYTES;
	}

	spend(bytes: number): void {
		this.#credit -= bytes;
	}

	/** When there is credit for the next quantum. */
	get readyAtMs(): number {
		const missing = Math.max(0, QUANTUM_BYTES - this.#credit);
		return this.#atMs + missing / this.#bytesPerMs;
	}
}
