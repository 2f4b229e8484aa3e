import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** No WebSocket frame that we send is longer: the peer holds a whole frame before it sees any of it. */
export const LONGEST_FRAME_BYTES = 64 * 1024;

/** The longest message that either side accepts; a longer one ends the connection. */
export const LONGEST_MESSAGE_BYTES = 4 * 1024 * 1024;

/** In a crowd, what comes in is passed on in copies of this size: that of an HTTP/2 frame. */
const PIECE_BYTES = 16 * 1024;

type Done = (error?: Error | null) => void;

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
	/** Whether many streams share the bytes that come in. */
	crowded = false;
	readonly #ws: WebSocket;

	constructor(ws: WebSocket) {
		super();
		this.#ws = ws;
		ws.on('message', this.#onMessage);
		ws.on('error', this.#onError);
		ws.on('close', this.#onClose);
	}

	readonly #onMessage = (data: unknown, isBinary: boolean) => {
		if (!isBinary) {
			this.destroy(new Error('The peer sent a text frame.'));
			return;
		}
		const bytes = data as Buffer;
		this.bytesRead += bytes.length;
		const more = this.crowded ? this.#pushPieces(bytes) : this.push(bytes);
		if (!more) {
			this.#ws.pause();
		}
	};

	/**
	 * HTTP/2 hands out slices of what it is given. Of one large message a single unread slice would keep all
	 * of it in memory, and with a thousand stalled streams that is four times what they may hold.
	 */
	#pushPieces(bytes: Buffer): boolean {
		let more = true;
		for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
			const piece = Buffer.allocUnsafeSlow(
				Math.min(PIECE_BYTES, bytes.length - start),
			);
			bytes.copy(piece, 0, start);
			more = this.push(piece);
		}
		return more;
	}

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
		const options = { binary: true, compress: false };
		let start = 0;
		while (bytes.length - start > LONGEST_FRAME_BYTES) {
			this.#ws.send(
				bytes.subarray(start, start + LONGEST_FRAME_BYTES),
				options,
			);
			start += LONGEST_FRAME_BYTES;
		}
		this.#ws.send(bytes.subarray(start), options, done);
	}
}
