import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

import { FIRST_WINDOW_BYTES, receiveWindow } from './receive-window.js';

/**
 * Keeps the node's idea of a stream's window in step with how many are open. One SETTINGS is in flight at a
 * time. A window binds the node only once it has acknowledged it; what lies unread is charged besides, see
 * `guard/unread.ts`.
 */
export class WindowControl {
	/** What the node was told last. */
	#toldBytes = FIRST_WINDOW_BYTES;
	/** The session's first SETTINGS are on their way from the start. */
	#inFlight = true;
	readonly #session: ServerHttp2Session;
	readonly #streams: ReadonlySet<ServerHttp2Stream>;

	constructor(
		session: ServerHttp2Session,
		streams: ReadonlySet<ServerHttp2Stream>,
	) {
		this.#session = session;
		this.#streams = streams;
		session.once('localSettings', () => {
			this.#onAcknowledged();
		});
	}

	/** To be called whenever a stream was opened or closed. */
	adjust(): void {
		const wanted = receiveWindow(this.#streams.size, this.#toldBytes);
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
			this.#onAcknowledged();
		});
	}

	#onAcknowledged(): void {
		this.#inFlight = false;
		this.adjust();
	}
}
