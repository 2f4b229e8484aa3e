import { Connection } from '../connection/connection.js';
import type { NextToken } from '../wire/frames.js';
import { Driver } from '../stream/driver.js';
import { UdpEndError, type End } from '../connection/end.js';
import { Hello, type HelloResult, type Retry } from './hello.js';
import { ID_BYTES, NONCE_BYTES } from '../wire/limits.js';
import type { Address } from '../wire/address.js';
import { DeviceSocket } from './device-socket.js';
import { UdpStream } from '../stream/stream.js';
import { toError } from '../../../errors.js';
import type { Clock, Runtime, Timer } from '../../../runtime/index.js';

/** How long one address has for itself before the next is asked beside it (RFC 8305, 5). */
const NEXT_ADDRESS_MS = 250;

/**
 * A node that takes the token answers at once. One that refuses in silence looks like a blocked path, so after this long
 * it is asked without a token as well: its RETRY costs it nothing, and proves the path.
 */
const ASK_BESIDE_MS = 1000;

/**
 * After each so many probes in a row without an answer the device takes a new socket, since its own network may
 * have changed. Not after each: the node has to find the new address before it can answer there.
 */
const PROBES_BEFORE_NEW_SOCKET = 3;

export interface DialOptions {
	/** Asked in turn, one a little after the other; the first that answers is used. */
	readonly addresses: readonly Address[];
	/** From an earlier connection to the same node; the first address is the one it is for. */
	readonly nextToken?: NextToken;
	/** The largest datagrams that the path is known to carry. @default MAX_DATAGRAM_BYTES */
	readonly datagramBytes?: number;
	readonly runtime: Runtime;
	readonly randomBytes: (bytes: number) => Buffer;
	readonly signal: AbortSignal;
	/** Called when the node has been asked: while its answer is on the way, there is time for other work. */
	readonly onAsked?: () => void;
}

/** A connection whose handshake may begin: TLS is put on the stream. */
export interface Dialled {
	readonly stream: UdpStream;
	readonly connection: Connection;
	readonly driver: Driver;
	/** Takes a new local address, as after a change of network; the old one serves until the new one does. */
	readonly rebind: () => void;
}

/**
 * Finds the node and opens a stream to it. Rejects with a {@link UdpEndError}, or with the signal's reason;
 * then no socket and no timer is left.
 */
export async function dialUdp(options: DialOptions): Promise<Dialled> {
	options.signal.throwIfAborted();
	const first = options.addresses[0];
	if (options.nextToken && first) {
		return await resume(options, first, options.nextToken);
	}
	return await new Promise((resolve, reject) => {
		new Search(options, resolve, reject).start();
	});
}

async function resume(
	options: DialOptions,
	peer: Address,
	token: NextToken,
): Promise<Dialled> {
	const line = new Line(peer);
	try {
		await line.socket.open();
		options.signal.throwIfAborted();
	} catch (error) {
		line.socket.close();
		options.signal.throwIfAborted();
		throw new UdpEndError({ reason: 'refused', cause: toError(error) });
	}
	const clientId = options.randomBytes(ID_BYTES);
	const nonce = options.randomBytes(NONCE_BYTES);
	const dialled = connect(options, line, {
		clientId,
		nonce,
		serverId: token.serverId,
		token: token.token,
		tokenSecret: token.secret,
		datagramBytes: options.datagramBytes,
		resumed: true,
	});
	askBeside(options, line, dialled);
	return dialled;
}

function askBeside(
	{ runtime: { clock }, randomBytes }: DialOptions,
	line: Line,
	{ connection, driver }: Dialled,
): void {
	const timer = clock.setTimer(ASK_BESIDE_MS, () => {
		if (connection.isAnswered || connection.ended) {
			return;
		}
		const hello = new Hello(
			randomBytes,
			clock.monotonicMs(),
			connection.datagramBytes,
		);
		const { onDatagram } = line;
		line.onDatagram = (datagram) => {
			const result = hello.receive(datagram, clock.monotonicMs());
			if (!result) {
				onDatagram(datagram);
			} else if ('retry' in result) {
				connection.provePath();
				driver.wake();
			} else if (!connection.isAnswered) {
				connection.vanish(result.end);
				driver.turn();
			}
		};
		line.socket.send(hello.expire(clock.monotonicMs()) as Buffer);
	});
	const { onEnd } = driver;
	driver.onEnd = () => {
		timer.cancel();
		onEnd();
	};
}

/** A socket whose datagrams go to whoever has it now: a HELLO first, the connection after it. */
class Line {
	onDatagram: (datagram: Buffer) => void = () => undefined;
	onError: (error: NodeJS.ErrnoException) => void = () => undefined;
	readonly socket: DeviceSocket;

	constructor(readonly peer: Address) {
		this.socket = new DeviceSocket(peer, {
			onDatagram: (datagram) => {
				this.onDatagram(datagram);
			},
			onError: (error) => {
				this.onError(error);
			},
		});
	}
}

interface Identity {
	readonly clientId: Buffer;
	readonly nonce: Buffer;
	readonly serverId: Buffer;
	readonly token: Buffer;
	readonly tokenSecret?: Buffer;
	readonly datagramBytes?: number;
	readonly roundTripMs?: number;
	readonly resumed?: boolean;
}

function connect(
	options: DialOptions,
	line: Line,
	identity: Identity,
): Dialled {
	const { runtime, randomBytes } = options;
	const connection = new Connection({
		role: 'client',
		...identity,
		peer: line.peer,
		nowMs: runtime.clock.monotonicMs(),
		random: runtime.random,
		randomBytes,
	});
	const driver = new Driver(connection, runtime.clock, (datagram) => {
		line.socket.send(datagram);
	});
	const stream = new UdpStream(driver, runtime.clock);
	line.onDatagram = (datagram) => {
		driver.receive(datagram, line.peer);
	};
	line.onError = (cause) => {
		// Anybody can forge ICMP: it counts only while nothing better is known. Too large: the system cuts what comes after.
		if (
			cause.code !== 'EMSGSIZE' &&
			!connection.isAnswered &&
			!connection.ended
		) {
			connection.vanish({ reason: 'refused', cause });
			driver.turn();
		}
	};
	const rebind = () => {
		if (!connection.ended) {
			line.socket.open().catch(() => undefined);
		}
	};
	driver.onProbe = () => {
		// A socket stays bound to the local address it had; after a change of network only a new one gets through.
		const { ptoCount } = connection.recovery;
		if (
			connection.isConfirmed &&
			ptoCount > 0 &&
			ptoCount % PROBES_BEFORE_NEW_SOCKET === 0
		) {
			rebind();
		}
	};
	driver.onEnd = () => {
		line.socket.close();
	};
	return { stream, connection, driver, rebind };
}

/** Asks addresses until one answers. */
class Search {
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

	readonly #options: DialOptions;
	readonly #resolve: (dialled: Dialled) => void;
	readonly #reject: (error: Error) => void;

	constructor(
		options: DialOptions,
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
