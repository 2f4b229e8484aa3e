import { MAX_DATAGRAM_BYTES } from '../wire/limits.js';
import type { CongestionController } from './congestion.js';

/** In datagrams, as those below: fewer than this are not worth a timer, which is no finer than a millisecond. */
const QUANTUM = 8;
/** Never more than this at once, so that a receive buffer of the kernel's default size holds it. */
const BURST = 64;
/** Credit for so long is kept, since ACKs and late timers come no oftener when the machine is busy. */
const LATENESS_MS = 8;
/** What may leave at once after silence: the initial window. */
const IDLE_BURST = 10;
/** Room over the window's own rate, so that pacing is never what holds a flow back (RFC 9002, 7.7). */
const GAIN = 1.25;
const SLOW_START_GAIN = 2;

/** Spreads a window's packets over a round trip. */
export class Pacer {
	readonly #datagramBytes: number;
	#credit: number;
	#atMs = 0;
	#bytesPerMs = 0;

	constructor(datagramBytes: number = MAX_DATAGRAM_BYTES) {
		this.#datagramBytes = datagramBytes;
		this.#credit = IDLE_BURST * datagramBytes;
	}

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
		const most = Math.min(
			Math.max(IDLE_BURST * this.#datagramBytes, kept),
			BURST * this.#datagramBytes,
		);
		const earned = this.#bytesPerMs * Math.max(0, nowMs - this.#atMs);
		this.#credit = Math.min(this.#credit + earned, most);
		this.#atMs = nowMs;
	}

	get ready(): boolean {
		return this.#credit >= this.#datagramBytes;
	}

	spend(bytes: number): void {
		this.#credit -= bytes;
	}

	/** When there is credit for the next quantum. */
	get readyAtMs(): number {
		const missing = Math.max(0, QUANTUM * this.#datagramBytes - this.#credit);
		return this.#atMs + missing / this.#bytesPerMs;
	}
}
