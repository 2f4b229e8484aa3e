import { Duplex } from 'node:stream';

import type { Clock, Timer } from '../../../runtime/index.js';
import type { Connection } from '../connection/connection.js';
import { UdpEndError, type End } from '../connection/end.js';
import type { Driver } from './driver.js';
import { CLOSE } from '../wire/frames.js';
import { SEND_BUFFER_BYTES } from '../wire/limits.js';

/** How long a stream that was let go after its end waits for the other end to have everything. */
const LINGER_MS = 3000;

type Callback = (error?: Error | null) => void;

/**
 * A connection as a stream of bytes: those of its handshake, and then, as a stream of their own, those of the application. `finish` comes when the other end has everything; `close` when nothing of
 * the connection is left. Ends that are not in order destroy it with a {@link UdpEndError}.
 */
export class UdpStream extends Duplex {
	/** Another has taken its place. */
	#isLeft = false;
	#wantsBytes = false;
	#endPushed = false;
	#onRoom: Callback | undefined;
	#onFinal: Callback | undefined;
	#onGone: (() => void) | undefined;
	#lingerTimer: Timer | undefined;

	readonly #driver: Driver;
	readonly #clock: Clock;

	constructor(driver: Driver, clock: Clock) {
		super({
			// What is not wanted yet waits in the connection, which charges it by its cost.
			readableHighWaterMark: 1,
			writableHighWaterMark: 64 * 1024,
		});
		this.#driver = driver;
		this.#clock = clock;
		driver.onTurn = () => {
			this.#onTurn();
		};
	}

	get connection(): Connection {
		return this.#driver.connection;
	}

	/** The stream of epoch 1, sealed with what TLS exported. What is still written to this one goes nowhere. */
	succeed(exported: Buffer): UdpStream {
		this.#isLeft = true;
		this.connection.secure(exported);
		this.#driver.wake();
		const next = new UdpStream(this.#driver, this.#clock);
		// As on TCP: an end that is not answered by hand is answered.
		next.allowHalfOpen = false;
		return next;
	}

	/** How the connection ended, if it has. */
	get connectionEnd(): End | undefined {
		return this.#driver.connection.ended;
	}

	override _read(): void {
		this.#wantsBytes = true;
		this.#pull();
	}

	#pull(): void {
		const { connection } = this.#driver;
		if (this.#isLeft) {
			return;
		}
		if (connection.receiving.readable && this.#wantsBytes) {
			this.#wantsBytes = this.push(connection.read()!);
			if (connection.receiving.limitIsStale) {
				this.#driver.wake();
			}
		}
		if (
			connection.receiving.complete &&
			!connection.receiving.readable &&
			!this.#endPushed
		) {
			this.#endPushed = true;
			this.push(null);
		}
	}

	override _write(
		chunk: Buffer,
		_encoding: BufferEncoding,
		done: Callback,
	): void {
		if (this.#isLeft) {
			done();
			return;
		}
		const { connection } = this.#driver;
		connection.write(chunk);
		this.#driver.wake();
		if (connection.sending.bufferedBytes < SEND_BUFFER_BYTES) {
			done();
		} else {
			this.#onRoom = done;
		}
	}

	override _writev(chunks: Array<{ chunk: Buffer }>, done: Callback): void {
		this._write(
			Buffer.concat(chunks.map(({ chunk }) => chunk)),
			'binary',
			done,
		);
	}

	override _final(done: Callback): void {
		if (this.#isLeft) {
			done();
			return;
		}
		this.#driver.connection.finish();
		this.#onFinal = done;
		this.#driver.wake();
	}

	override _destroy(error: Error | null, done: Callback): void {
		const { connection } = this.#driver;
		const finish = () => {
			this.#lingerTimer?.cancel();
			this.#onGone = undefined;
			done(error);
		};
		if (connection.ended || this.#isLeft) {
			finish();
			return;
		}
		this.#onGone = finish;
		if (error || !this.writableEnded) {
			this.#cut();
			return;
		}
		// In order: what is on its way may still arrive, and what still comes is read and forgotten.
		connection.finish();
		this.#lingerTimer = this.#clock.setTimer(LINGER_MS, () => {
			this.#cut();
		});
		this.#driver.wake();
	}

	#cut(): void {
		this.#driver.connection.close(CLOSE.aborted);
		this.#driver.turn();
	}

	#onTurn(): void {
		const { connection } = this.#driver;
		if (this.#onGone) {
			connection.read();
			if (connection.ended) {
				this.#onGone();
			}
			return;
		}
		this.#pull();
		if (this.#onRoom && connection.sending.bufferedBytes < SEND_BUFFER_BYTES) {
			const done = this.#onRoom;
			this.#onRoom = undefined;
			done();
		}
		if (this.#onFinal && connection.sending.done) {
			const done = this.#onFinal;
			this.#onFinal = undefined;
			done();
		}
		if (connection.ended) {
			this.#onConnectionEnd(connection.ended);
		}
	}

	#onConnectionEnd(end: End): void {
		if (end.reason === 'done') {
			this.#onFinal?.();
			this.#onFinal = undefined;
		} else {
			this.destroy(new UdpEndError(end));
		}
	}
}
