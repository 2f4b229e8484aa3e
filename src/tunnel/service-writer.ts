import type { Socket } from 'node:net';

/** Pieces below this are gathered; a larger one is worth what it costs to keep. */
const SMALL_BYTES = 2048;
const GATHER_BYTES = 4096;

/**
 * Writes to a service what comes for it, in order. While the service keeps up that is at once; what has to wait is
 * joined and copied, since each piece would cost some hundred bytes of its own and hold on to the message that it came in.
 */
export class ServiceWriter {
	/** Called when nothing waits any more. */
	onDrained: () => void = () => undefined;
	readonly #socket: Socket;
	#gather: Buffer | undefined;
	#gathered = 0;
	#flushIsDue = false;

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	/** Returns how many bytes wait. */
	write(chunk: Buffer): number {
		if (chunk.length >= SMALL_BYTES) {
			this.#flush();
			this.#send(this.#socket.writableLength > 0 ? compact(chunk) : chunk);
		} else {
			this.#join(chunk);
			this.#flushSoon();
		}
		return this.#socket.writableLength + this.#gathered;
	}

	end(): void {
		this.#flush();
		this.#socket.end();
	}

	#join(chunk: Buffer): void {
		for (let at = 0; at < chunk.length;) {
			this.#gather ??= Buffer.allocUnsafeSlow(GATHER_BYTES);
			const copied = chunk.copy(this.#gather, this.#gathered, at);
			this.#gathered += copied;
			at += copied;
			if (this.#gathered === GATHER_BYTES) {
				this.#flush();
			}
		}
	}

	/** What comes in one turn goes out in one write, and more only when the service has taken that. */
	#flushSoon(): void {
		if (!this.#flushIsDue) {
			this.#flushIsDue = true;
			process.nextTick(() => {
				this.#flushIsDue = false;
				if (this.#socket.writableLength === 0) {
					this.#flush();
				}
			});
		}
	}

	#flush(): void {
		const bytes = this.#gather?.subarray(0, this.#gathered);
		if (bytes && bytes.length > 0) {
			this.#gathered = 0;
			const piece = compact(bytes);
			if (piece === bytes) {
				this.#gather = undefined;
			}
			this.#send(piece);
		}
	}

	#send(bytes: Buffer): void {
		if (!this.#socket.destroyed) {
			this.#socket.write(bytes, this.#onWritten);
		}
	}

	readonly #onWritten = () => {
		if (this.#socket.writableLength === 0) {
			this.#flush();
			if (this.#socket.writableLength === 0) {
				this.onDrained();
			}
		}
	};
}

/** The piece, or a copy when keeping it would keep much more than its bytes. */
function compact(piece: Buffer): Buffer {
	if (2 * piece.length >= piece.buffer.byteLength) {
		return piece;
	}
	const copy = Buffer.allocUnsafeSlow(piece.length);
	piece.copy(copy);
	return copy;
}
