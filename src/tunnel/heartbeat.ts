import type { ServerHttp2Session } from 'node:http2';

import type { Clock, Timer } from '../runtime/index.js';
import {
	FIRST_LIVENESS,
	TICKS_PER_BOUND,
	livenessAnswered,
	livenessTick,
} from './liveness.js';

/** Acts on what {@link livenessTick} decides: sends the PINGs, and says so when the node is lost. */
export class Heartbeat {
	/** The last measured round trip. */
	roundTripMs: number | undefined;
	#state = FIRST_LIVENESS;
	#timer: Timer | undefined;
	readonly #session: ServerHttp2Session;
	readonly #bytesRead: () => number;
	readonly #clock: Clock;
	readonly #tickMs: number;
	readonly #onLost: () => void;
	readonly #carrierAsks: boolean;

	constructor(
		session: ServerHttp2Session,
		bytesRead: () => number,
		clock: Clock,
		livenessMs: number,
		onLost: () => void,
		carrierAsks = false,
	) {
		this.#session = session;
		this.#bytesRead = bytesRead;
		this.#clock = clock;
		this.#tickMs = livenessMs / TICKS_PER_BOUND;
		this.#onLost = onLost;
		this.#carrierAsks = carrierAsks;
	}

	/** The first PING goes out at once, for the round trip. */
	start(): void {
		this.#tick();
	}

	#tick(): void {
		const [state, action] = livenessTick(
			this.#state,
			this.#bytesRead(),
			this.#carrierAsks,
		);
		this.#state = state;
		if (action === 'lost') {
			this.#onLost();
			return;
		}
		if (action === 'ping') {
			this.#ping();
		}
		this.#timer = this.#clock.setTimer(this.#tickMs, () => {
			this.#tick();
		});
	}

	stop(): void {
		this.#timer?.cancel();
	}

	/** Sends a PING beside those of the ticks; calls back when it was answered, never if it was not. */
	ask(onAnswer: () => void): void {
		if (!this.#session.destroyed) {
			this.#session.ping((error) => {
				if (!error) {
					onAnswer();
				}
			});
		}
	}

	#ping(): void {
		// A destroyed session throws; its end is on its way to us.
		if (this.#session.destroyed) {
			return;
		}
		this.#session.ping((error, roundTripMs) => {
			this.#state = livenessAnswered(this.#state);
			this.roundTripMs = error ? this.roundTripMs : roundTripMs;
		});
	}
}
