import type { Clock, Timer } from '../../../runtime/index.js';
import type { Connection } from '../connection/connection.js';
import type { Address } from '../wire/address.js';

/** A timer that fires this late has been held up with everything else: first see what has come meanwhile. */
const LATE_MS = 20;

/**
 * Gives a connection its time: turns it after every datagram and whenever its deadline has come, and sends what
 * it has. Everything that came in one turn of the event loop is answered together.
 */
export class Driver {
	/** Called after each turn: there may be bytes to read, room to write, or an end. */
	onTurn: () => void = () => undefined;
	/** Called once, when the connection has ended and said its last word. */
	onEnd: () => void = () => undefined;
	/** Called once, when the other end is known to be there. */
	onReached: () => void = () => undefined;
	/** Called when a probe went out, since nothing has come for a while. */
	onProbe: () => void = () => undefined;
	#timer: Timer | undefined;
	#timerDueMs = Infinity;
	#scheduled = false;
	#stopped = false;
	#isReached = false;

	readonly #clock: Clock;
	readonly #send: (datagram: Buffer, to: Address) => void;

	constructor(
		readonly connection: Connection,
		clock: Clock,
		send: (datagram: Buffer, to: Address) => void,
	) {
		this.#clock = clock;
		this.#send = send;
	}

	receive(datagram: Buffer, from: Address): void {
		this.connection.receive(datagram, from, this.#clock.monotonicMs());
		this.wake();
	}

	/** Turns soon, once. */
	readonly wake = (): void => {
		if (!this.#scheduled && !this.#stopped) {
			this.#scheduled = true;
			setImmediate(this.#onImmediate);
		}
	};

	readonly #onImmediate = () => {
		this.#scheduled = false;
		this.turn();
	};

	/** Acts on what is due and sends what may be sent. */
	turn(): void {
		if (this.#stopped) {
			return;
		}
		const nowMs = this.#clock.monotonicMs();
		const { probeTimeouts } = this.connection.stats;
		this.connection.expire(nowMs);
		if (this.connection.stats.probeTimeouts > probeTimeouts) {
			this.onProbe();
		}
		if (!this.#isReached && this.connection.isReached) {
			this.#isReached = true;
			this.onReached();
		}
		this.connection.flush(nowMs, this.#send);
		if (this.connection.ended) {
			this.#stop();
			this.onTurn();
			this.onEnd();
		} else {
			this.onTurn();
			// What stands above may have ended the connection, and so turned this again.
			if (!this.#stopped) {
				this.#arm(nowMs);
			}
		}
	}

	/** An earlier timer is left alone: setting one for each packet costs more than one that fires for nothing. */
	#arm(nowMs: number): void {
		const dueMs = this.connection.deadlineMs();
		if (dueMs >= this.#timerDueMs) {
			return;
		}
		this.#timer?.cancel();
		this.#timerDueMs = dueMs;
		this.#timer = this.#clock.setTimer(dueMs - nowMs, this.#onTimer);
	}

	readonly #onTimer = () => {
		const late = this.#clock.monotonicMs() - this.#timerDueMs > LATE_MS;
		this.#timerDueMs = Infinity;
		if (late) {
			this.wake();
		} else {
			this.turn();
		}
	};

	#stop(): void {
		this.#stopped = true;
		this.#timer?.cancel();
		this.#timerDueMs = Infinity;
	}
}
