import type { ServerHttp2Session } from 'node:http2';

import type { Clock, Timer } from '../runtime/index.js';

/** After the last stream, how long the node may take to close its side. */
const LINGER_MS = 1000;
/** How long a closing tunnel waits for the PING that tells that no stream is under way any more. */
const LAST_PING_MS = 1000;

/** Closes a session in order: no new stream, time for those that run, and an end to that time. */
export class Farewell {
	readonly #session: ServerHttp2Session;
	readonly #clock: Clock;
	readonly #openStreams: () => number;
	readonly #onOver: () => void;
	#began = false;
	#saidGoaway = false;
	#over = false;
	#graceEndsAtMs = Infinity;
	#graceTimer: Timer | undefined;
	#lastPingTimer: Timer | undefined;

	constructor(
		session: ServerHttp2Session,
		clock: Clock,
		openStreams: () => number,
		onOver: () => void,
	) {
		this.#session = session;
		this.#clock = clock;
		this.#openStreams = openStreams;
		this.#onOver = onOver;
	}

	get began(): boolean {
		return this.#began;
	}

	/** A second call may shorten the grace, never lengthen it. */
	begin(graceMs: number): void {
		const first = !this.#began;
		this.#began = true;
		this.#limitGrace(graceMs);
		if (first && !this.#over) {
			this.#goawayWhenSettled();
		}
	}

	onStreamClosed(): void {
		if (this.#saidGoaway && this.#openStreams() === 0) {
			this.#limitGrace(LINGER_MS);
		}
	}

	/** The tunnel has ended. */
	stop(): void {
		this.#over = true;
		this.#graceTimer?.cancel();
		this.#lastPingTimer?.cancel();
	}

	/**
	 * GOAWAY refuses the streams that are still under way to us, so it goes out after a PING: its answer comes behind
	 * all that the node sent while it knew no better way. (RFC 9113, 6.8 has a first GOAWAY of 2^31-1 for this, which
	 * Node's library cannot send: it would ignore the streams that come after.)
	 */
	#goawayWhenSettled(): void {
		const goaway = () => {
			this.#lastPingTimer?.cancel();
			if (this.#saidGoaway || this.#over) {
				return;
			}
			this.#saidGoaway = true;
			this.#session.close();
			this.onStreamClosed();
		};
		this.#lastPingTimer = this.#clock.setTimer(LAST_PING_MS, goaway);
		const asked =
			!this.#session.destroyed &&
			this.#session.ping(() => {
				// The event of a stream comes a turn after its headers.
				process.nextTick(goaway);
			});
		if (!asked) {
			goaway();
		}
	}

	#limitGrace(graceMs: number): void {
		const endsAtMs = this.#clock.monotonicMs() + graceMs;
		if (this.#over || endsAtMs >= this.#graceEndsAtMs) {
			return;
		}
		this.#graceEndsAtMs = endsAtMs;
		this.#graceTimer?.cancel();
		if (graceMs <= 0) {
			this.#onOver();
			return;
		}
		this.#graceTimer = this.#clock.setTimer(graceMs, () => {
			this.#onOver();
		});
	}
}
