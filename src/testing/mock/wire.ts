import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/**
 * A connection as the node's end sees it, with a hand on it: it can be made to fall silent, to be reset, or
 * to be reset after so many bytes. What lies above (on TCP also TLS) does not know.
 */
export class Wire extends Duplex {
	readonly #socket: Duplex;
	readonly #cut: () => void;
	/** The socket's own `closed` is still false while it emits 'close'. */
	#isSocketClosed = false;
	#silent = false;
	/** Bytes that may still pass before the connection is reset. */
	#allowance = Infinity;
	/** What was written while the wire was silent. */
	#held: (() => void) | undefined;

	/** @param cut ends the socket as abruptly as it can be ended */
	constructor(socket: Duplex, cut: () => void) {
		super();
		this.#socket = socket;
		this.#cut = cut;
		socket.on('data', this.#onData);
		socket.on('end', () => this.push(null));
		socket.on('error', (error) => this.destroy(error));
		socket.on('close', () => {
			this.#isSocketClosed = true;
			this.destroy();
		});
		// Whoever is above may have gone, or not have come yet.
		this.on('error', () => undefined);
	}

	/** Passes nothing from now on, and closes nothing. */
	silence(): void {
		this.#silent = true;
		this.#socket.pause();
	}

	/** Passes everything again, also what was held up meanwhile. */
	release(): void {
		if (!this.#silent) {
			return;
		}
		this.#silent = false;
		this.#socket.resume();
		const held = this.#held;
		this.#held = undefined;
		held?.();
	}

	/** Resets once this many more bytes have passed, both ways together; `Infinity` takes it back. */
	resetAfter(bytes: number): void {
		this.#allowance = bytes;
		this.#resetIfSpent();
	}

	/** Ends it: on TCP with a reset. */
	reset(): void {
		this.#cut();
	}

	/** Sends bytes past all that lies above. */
	inject(bytes: Buffer): void {
		this.#socket.write(bytes);
	}

	readonly #onData = (bytes: Buffer) => {
		const passed = bytes.subarray(0, this.#allowance);
		this.#allowance -= passed.length;
		if (passed.length > 0 && !this.push(passed)) {
			this.#socket.pause();
		}
		this.#resetIfSpent();
	};

	override _read(): void {
		if (!this.#silent) {
			this.#socket.resume();
		}
	}

	override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
		this.#whenOpen(() => {
			const passed = bytes.subarray(0, this.#allowance);
			this.#allowance -= passed.length;
			this.#socket.write(passed, (error) => {
				done(error);
				this.#resetIfSpent();
			});
		});
	}

	/** TLS and WebSocket write headers and bodies apart: one packet carries them. */
	override _writev(chunks: Array<{ chunk: Buffer }>, done: Done): void {
		const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk));
		this._write(bytes, 'utf8', done);
	}

	override _final(done: Done): void {
		this.#whenOpen(() => {
			this.#socket.end();
			done();
		});
	}

	override _destroy(error: Error | null, done: Done): void {
		this.#held = undefined;
		if (this.#isSocketClosed) {
			done(error);
			return;
		}
		this.#socket.once('close', () => {
			done(error);
		});
		this.#socket.destroy();
	}

	#whenOpen(action: () => void): void {
		if (this.#silent) {
			this.#held = action;
		} else {
			action();
		}
	}

	#resetIfSpent(): void {
		if (this.#allowance <= 0) {
			this.reset();
		}
	}
}
