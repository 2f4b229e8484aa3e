import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

import type { Clock, Timer } from '../runtime/index.js';
import { FIRST_WINDOW_BYTES, receiveWindow } from './receive-window.js';

/** How often the buffers are summed up while a smaller window is not in force. */
const AUDIT_EVERY_MS = 250;

/**
 * Keeps the node's idea of a stream's window in step with how many are open. One SETTINGS is in flight at a
 * time. A window binds the node only once it has acknowledged it, and one that never does could fill a
 * thousand large windows: so until then the bytes that lie unread are counted.
 */
export class WindowControl {
	/** What the node was told last. */
	#toldBytes = FIRST_WINDOW_BYTES;
	/** The session's first SETTINGS are on their way from the start. */
	#inFlight = true;
	#audit: Timer | undefined;
	readonly #session: ServerHttp2Session;
	readonly #streams: ReadonlySet<ServerHttp2Stream>;
	readonly #clock: Clock;
	readonly #maxBufferedBytes: number;
	readonly #onTooMuch: () => void;

	constructor(
		session: ServerHttp2Session,
		streams: ReadonlySet<ServerHttp2Stream>,
		clock: Clock,
		maxBufferedBytes: number,
		onTooMuch: () => void,
	) {
		this.#session = session;
		this.#streams = streams;
		this.#clock = clock;
		this.#maxBufferedBytes = maxBufferedBytes;
		this.#onTooMuch = onTooMuch;
		session.once('localSettings', () => {
			this.#acknowledged();
		});
	}

	/** To be called whenever a stream was opened or closed. */
	adjust(): void {
		const wanted = receiveWindow(this.#streams.size, this.#toldBytes);
		if (wanted !== this.#toldBytes && wanted < this.#toldBytes) {
			this.#watch();
		}
		if (
			wanted === this.#toldBytes ||
			this.#inFlight ||
			this.#session.destroyed
		) {
			return;
		}
		this.#toldBytes = wanted;
		this.#inFlight = true;
		this.#session.settings({ initialWindowSize: wanted }, () => {
			this.#acknowledged();
		});
	}

	stop(): void {
		this.#audit?.cancel();
		this.#audit = undefined;
	}

	#acknowledged(): void {
		this.#inFlight = false;
		this.stop();
		this.adjust();
	}

	#watch(): void {
		this.#audit ??= this.#clock.setTimer(AUDIT_EVERY_MS, () => {
			this.#audit = undefined;
			let bytes = 0;
			for (const stream of this.#streams) {
				bytes += stream.readableLength;
			}
			if (bytes > this.#maxBufferedBytes) {
				this.#onTooMuch();
			} else {
				this.#watch();
			}
		});
	}
}
