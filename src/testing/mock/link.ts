import * as http2 from 'node:http2';
import type { Duplex } from 'node:stream';

import { HINT_PATH } from '../../tunnel/route.js';
import type { Connection } from './carrier.js';

const STREAM_WINDOW_BYTES = 1024 * 1024;
const SESSION_WINDOW_BYTES = 16 * 1024 * 1024;
/** In units of a megabyte. A thousand streams pass through one link. */
const SESSION_MEMORY = 256;

/** What a node can tell a live link; `docs/protocol.md` has the meaning of each. */
export interface LinkHints {
	readonly reconnectWindowSeconds?: number;
	readonly retryAfterSeconds?: number;
	readonly drainDeadlineSeconds?: number;
	readonly nodeAgeSeconds?: number;
	readonly nodeLoad?: number;
	readonly goElsewhere?: boolean;
}

/** What a link needs of the WebSocket that carries it, apart from its bytes. */
export interface MockSocket {
	close(code: number, reason?: string): void;
	terminate(): void;
}

/** The node's end of one link. */
export class MockLink {
	readonly uuid: string;
	readonly carrier: 'tcp' | 'udp';
	/** Resolves when nothing of the link is left at the node. */
	readonly closed: Promise<void>;
	readonly #connection: Connection;
	readonly #ws: MockSocket;
	readonly #session: http2.ClientHttp2Session;

	/** @internal */
	constructor(
		uuid: string,
		connection: Connection,
		ws: MockSocket,
		duplex: Duplex,
	) {
		this.uuid = uuid;
		this.carrier = connection.carrier;
		this.#connection = connection;
		this.#ws = ws;
		const session = http2.connect(`http://${uuid}.balena`, {
			createConnection: () => duplex,
			settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
			maxSessionMemory: SESSION_MEMORY,
		});
		this.#session = session;
		session.on('connect', () => {
			session.setLocalWindowSize(SESSION_WINDOW_BYTES);
		});
		// How a link ends is told by its end alone.
		session.on('error', () => undefined);
		duplex.on('error', () => undefined);
		this.closed = new Promise((resolve) => {
			duplex.on('close', () => {
				session.destroy();
				resolve();
			});
		});
	}

	/** Whether new streams can be opened: false once either side said GOAWAY, or the link has gone. */
	get takesStreams(): boolean {
		return !this.#session.closed && !this.#session.destroyed;
	}

	/** Opens a stream to a port of the device; the answer comes as its 'response'. Throws if it takes none. */
	open(port: number): http2.ClientHttp2Stream {
		return this.#session.request({
			':method': 'CONNECT',
			':authority': `${this.uuid}.balena:${port}`,
		});
	}

	/** Tells the device something; resolves with its answer (204: understood), or undefined if none came. */
	tell(hints: LinkHints): Promise<number | undefined> {
		return new Promise((resolve) => {
			if (!this.takesStreams) {
				resolve(undefined);
				return;
			}
			const stream = this.#session.request({
				':method': 'POST',
				':path': HINT_PATH,
			});
			stream.on('response', (headers) => {
				resolve(headers[':status']);
			});
			stream.on('error', () => undefined);
			stream.on('close', () => {
				resolve(undefined);
			});
			stream.resume();
			stream.end(Buffer.from(JSON.stringify(hints)));
		});
	}

	/** Sends GOAWAY with an HTTP/2 error code: 0 is "please go", 11 is ENHANCE_YOUR_CALM. */
	goaway(code: number, hints?: LinkHints): void {
		if (!this.#session.destroyed) {
			const data = hints && Buffer.from(JSON.stringify(hints));
			this.#session.goaway(code, 0, data);
		}
	}

	/** Closes the WebSocket with a code and, as its reason, at most 123 bytes. */
	close(code: number, hints?: LinkHints): void {
		this.#ws.close(code, hints && JSON.stringify(hints));
	}

	/** Ends it as abruptly as its carrier can. */
	reset(): void {
		this.#connection.reset();
	}

	/** Passes nothing any more, and closes nothing: as when the node, or the way, dies without a word. */
	silence(): void {
		this.#connection.silence();
	}

	/** Frees what is left, whatever the device thinks. */
	destroy(): void {
		this.#ws.terminate();
	}
}
