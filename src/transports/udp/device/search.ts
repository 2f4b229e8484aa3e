import { toError } from '../../../errors.js';
import type { Clock, Runtime, Timer } from '../../../runtime/index.js';
import { UdpEndError, type End } from '../connection/end.js';
import type { Address } from '../wire/address.js';
import { connect, type Dialled } from './connect.js';
import { Hello, type HelloResult, type Retry } from './hello.js';
import { Line } from './line.js';

/** How long one address has for itself before the next is asked beside it (RFC 8305, 5). */
const NEXT_ADDRESS_MS = 250;

export interface SearchOptions {
	/** Asked in turn, one a little after the other; the first that answers is used. */
	readonly addresses: readonly Address[];
	/** The largest datagrams that the path is known to carry. @default MAX_DATAGRAM_BYTES */
	readonly datagramBytes?: number;
	readonly runtime: Runtime;
	readonly randomBytes: (bytes: number) => Buffer;
	readonly signal: AbortSignal;
	/** When the connection shows life, after the last traffic. @default KEEPALIVE_MS */
	readonly keepaliveMs?: readonly [from: number, to: number];
	/** Called when the node has been asked: while its answer is on the way, there is time for other work. */
	readonly onAsked?: () => void;
}

/** Asks addresses until one answers. */
export class Search {
	readonly #asking = new Map<
		Line,
		{ hello: Hello; timer: Timer | undefined }
	>();
	#nextAddress = 0;
	#nextTimer: Timer | undefined;
	#settled = false;
	#asked = false;
	#lastEnd: End = { reason: 'no-answer' };
	readonly #clock: Clock;

	readonly #options: SearchOptions;
	readonly #resolve: (dialled: Dialled) => void;
	readonly #reject: (error: Error) => void;

	constructor(
		options: SearchOptions,
		resolve: (dialled: Dialled) => void,
		reject: (error: Error) => void,
	) {
		this.#options = options;
		this.#resolve = resolve;
		this.#reject = reject;
		this.#clock = options.runtime.clock;
	}

	readonly #onAbort = () => {
		this.#settle(undefined);
		this.#reject(toError(this.#options.signal.reason));
	};

	start(): void {
		this.#options.signal.addEventListener('abort', this.#onAbort, {
			once: true,
		});
		this.#askNext();
	}

	#askNext(): void {
		this.#nextTimer?.cancel();
		const address = this.#options.addresses[this.#nextAddress++];
		if (!address || this.#settled) {
			return;
		}
		const line = new Line(address);
		const hello = new Hello(
			this.#options.randomBytes,
			this.#clock.monotonicMs(),
			this.#options.datagramBytes,
		);
		this.#asking.set(line, { hello, timer: undefined });
		line.onDatagram = (datagram) => {
			const result = hello.receive(datagram, this.#clock.monotonicMs());
			if (result) {
				this.#onResult(line, result);
			}
		};
		line.onError = (cause) => {
			const isTooLarge = cause.code === 'EMSGSIZE';
			const end: End | undefined = isTooLarge
				? hello.onTooLarge()
				: { reason: 'refused', cause };
			if (end) {
				this.#onEnd(line, end);
			} else {
				this.#turn(line);
			}
		};
		line.socket.open().then(
			() => {
				this.#turn(line);
			},
			(error: unknown) => {
				this.#onEnd(line, { reason: 'refused', cause: toError(error) });
			},
		);
		this.#nextTimer = this.#clock.setTimer(NEXT_ADDRESS_MS, () => {
			this.#askNext();
		});
	}

	#turn(line: Line): void {
		const asked = this.#asking.get(line);
		if (!asked) {
			return;
		}
		const nowMs = this.#clock.monotonicMs();
		const due = asked.hello.expire(nowMs);
		if (due && 'reason' in due) {
			this.#onEnd(line, due);
			return;
		}
		if (due) {
			line.socket.send(due);
			this.#onAsked();
		}
		asked.timer?.cancel();
		asked.timer = this.#clock.setTimer(asked.hello.deadlineMs - nowMs, () => {
			this.#turn(line);
		});
	}

	#onAsked(): void {
		if (!this.#asked) {
			this.#asked = true;
			// The system has the datagram once this turn of the event loop is over.
			setImmediate(() => this.#options.onAsked?.());
		}
	}

	#onResult(line: Line, result: HelloResult): void {
		if ('end' in result) {
			this.#settle(undefined);
			this.#reject(new UdpEndError(result.end));
			return;
		}
		const { hello } = this.#asking.get(line)!;
		this.#settle(line);
		const retry: Retry = result.retry;
		this.#resolve(
			connect(this.#options, line, {
				clientId: hello.clientId,
				...retry,
			}),
		);
	}

	#onEnd(line: Line, end: End): void {
		if (!this.#drop(line)) {
			return;
		}
		this.#lastEnd = end;
		if (this.#nextAddress < this.#options.addresses.length) {
			this.#askNext();
		} else if (this.#asking.size === 0) {
			this.#settle(undefined);
			this.#reject(new UdpEndError(this.#lastEnd));
		}
	}

	#drop(line: Line): boolean {
		this.#asking.get(line)?.timer?.cancel();
		line.socket.close();
		return this.#asking.delete(line);
	}

	/** Nothing is asked any more; the socket of the winner stays. */
	#settle(winner: Line | undefined): void {
		this.#settled = true;
		this.#nextTimer?.cancel();
		this.#options.signal.removeEventListener('abort', this.#onAbort);
		if (winner) {
			this.#asking.get(winner)?.timer?.cancel();
			this.#asking.delete(winner);
		}
		for (const line of [...this.#asking.keys()]) {
			this.#drop(line);
		}
	}
}
