import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

import { systemClock, type Clock, type Timer } from '../../runtime/index.js';
import type { CarrierGuard } from '../../tunnel/index.js';
import { SendWindow } from './send-window.js';

/** No WebSocket frame that we send is longer: the peer holds a whole frame before it sees any of it. */
const LONGEST_FRAME_BYTES = 64 * 1024;

/** The longest message that either side accepts; a longer one ends the connection. */
export const LONGEST_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A peer that has answered no ping in this time, though it has to (RFC 6455, 5.5.2), is sent to without a bound. */
const FIRST_ANSWER_MS = 10_000;

type Done = (error?: Error | null) => void;

export interface WebSocketDuplexOptions {
	readonly clock?: Clock;
	/** Whether the way is measured, so that {@link WebSocketDuplex.congested} tells. @default false */
	readonly bounded?: boolean;
	/** Bytes that came on the connection beneath: also those of a message that is not complete yet. */
	readonly bytesReceived?: () => number;
}

/**
 * A WebSocket as a stream of bytes: what HTTP/2 runs on, on the device and on the node alike. Make it in the
 * turn in which the WebSocket was made or accepted: what the peer sends right behind its 101 is lost after that.
 *
 * `ws.createWebSocketStream` must not be used for this: it is not destroyed when its socket dies, the
 * HTTP/2 session above it lives on as a zombie, and tearing that down throws an assertion nobody can catch.
 * Here the end of the socket, however it comes, is the end of the stream within one turn.
 */
export class WebSocketDuplex extends Duplex {
	/** Payload bytes that have come in. */
	bytesRead = 0;
	/** Payload bytes that were handed to the socket. */
	bytesWritten = 0;
	/** Frames and pings that were handed to the socket. */
	framesWritten = 0;
	#guard: CarrierGuard | undefined;
	readonly #ws: WebSocket;
	readonly #clock: Clock;
	readonly #bytesReceived: (() => number) | undefined;
	#window: SendWindow | undefined;
	/** Called when more may be sent after it was congested. */
	onRoom: () => void = () => undefined;
	#firstAnswer: Timer | undefined;

	constructor(ws: WebSocket, options: WebSocketDuplexOptions = {}) {
		super();
		this.#ws = ws;
		this.#clock = options.clock ?? systemClock;
		this.#bytesReceived = options.bytesReceived;
		this.#window = options.bounded ? new SendWindow() : undefined;
		ws.on('pong', this.#onPong);
		ws.on('message', this.#onMessage);
		ws.on('error', this.#onError);
		ws.on('close', this.#onClose);
	}

	/** Sees what comes before the reader does, and what is sent; also what came right behind the 101 and was not read yet. */
	get guard(): CarrierGuard | undefined {
		return this.#guard;
	}

	set guard(guard: CarrierGuard | undefined) {
		this.#guard = guard;
		const early = guard && (this.read() as Buffer | null);
		if (early) {
			this.unshift(Buffer.concat(guard.receive(early)));
		}
	}

	/** Grows with every byte that comes, on whatever layer: what tells that the peer lives. */
	get bytesReceived(): number {
		return this.#bytesReceived?.() ?? this.bytesRead;
	}

	readonly #onMessage = (data: unknown, isBinary: boolean) => {
		if (!isBinary) {
			this.destroy(
				Object.assign(new Error('The peer sent a text frame.'), {
					code: 'WS_ERR_TEXT_FRAME',
				}),
			);
			return;
		}
		const bytes = data as Buffer;
		this.bytesRead += bytes.length;
		let more = true;
		for (const piece of this.#guard?.receive(bytes) ?? [bytes]) {
			more = this.push(piece);
		}
		if (!more) {
			this.#ws.pause();
		}
	};

	readonly #onError = (error: Error) => {
		this.destroy(error);
	};

	/** The end is pushed before the stream is destroyed, so that bytes still buffered can be read. */
	readonly #onClose = () => {
		this.push(null);
		setImmediate(() => {
			this.destroy();
		});
	};

	override _read(): void {
		this.#ws.resume();
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
		this.#send(chunk, done);
	}

	/** HTTP/2 hands over many small pieces in one turn: one message carries them, not one each. */
	override _writev(chunks: Array<{ chunk: Buffer }>, done: Done): void {
		this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
	}

	override _final(done: Done): void {
		this.#ws.close(1000);
		done();
	}

	override _destroy(error: Error | null, done: Done): void {
		this.#firstAnswer?.cancel();
		this.onRoom = () => undefined;
		this.#ws.terminate();
		done(error);
	}

	#send(bytes: Buffer, done: Done): void {
		if (this.#ws.readyState !== this.#ws.OPEN) {
			done(
				Object.assign(new Error('The WebSocket is closed.'), { code: 'EPIPE' }),
			);
			return;
		}
		this.bytesWritten += bytes.length;
		this.#guard?.send(bytes);
		const options = { binary: true, compress: false };
		for (let start = 0; ;) {
			const piece = Math.min(
				bytes.length - start,
				this.piece,
				LONGEST_FRAME_BYTES,
			);
			const end = start + piece;
			this.framesWritten++;
			const isLast = end === bytes.length;
			this.#ws.send(
				bytes.subarray(start, end),
				options,
				isLast ? done : undefined,
			);
			this.#sendProbe(this.#window?.onSent(piece, this.#clock.monotonicMs()));
			if (isLast) {
				return;
			}
			start = end;
		}
	}

	/**
	 * Whether as much is on its way as the path drains in about a second. Nothing is held back here, since HTTP/2 reads
	 * nothing while a write is under way: whoever has more data keeps it until {@link onRoom} is called.
	 */
	get congested(): boolean {
		const window = this.#window;
		if (!window || window.room() > 0) {
			return false;
		}
		this.#sendProbe(window.onFull(this.#clock.monotonicMs()));
		this.#awaitFirstAnswer();
		return true;
	}

	/** How much one source should hand over at a time, in bytes. */
	get piece(): number {
		return this.#window?.piece ?? Infinity;
	}

	#sendProbe(id: number | undefined): void {
		if (id !== undefined) {
			const payload = Buffer.alloc(4);
			payload.writeUInt32BE(id % 2 ** 32);
			this.framesWritten++;
			this.#ws.ping(payload);
		}
	}

	readonly #onPong = (payload: Buffer) => {
		if (payload.length === 4) {
			this.#window?.onAnswer(payload.readUInt32BE(), this.#clock.monotonicMs());
			this.#firstAnswer?.cancel();
			this.onRoom();
		}
	};

	/** The window must not hold a link up whose peer, or something in between, swallows pings. */
	#awaitFirstAnswer(): void {
		if (this.#window?.works === false) {
			this.#firstAnswer ??= this.#clock.setTimer(FIRST_ANSWER_MS, () => {
				this.#window = undefined;
				this.onRoom();
			});
		}
	}
}
