import { Connection } from '../connection/connection.js';
import { HalfOpen } from './half-open.js';
import { isAuthentic, handshakeKeys } from '../wire/keys.js';
import {
	decodeHello,
	encodeAnswer,
	encodeReset,
	type Hello,
} from '../wire/keyless.js';
import {
	decodeProtected,
	destinationOf,
	LONG,
	type Init,
} from '../wire/packet.js';
import { VERSION } from '../wire/limits.js';
import type { Address } from '../wire/address.js';
import {
	lastingSecret,
	NewTokens,
	resetTokenFor,
	RetryTokens,
} from './tokens.js';
import { QuestionRate } from './question-rate.js';
import { Tombstones } from './tombstones.js';
import type { Random } from '../../../runtime/index.js';

/**
 * What a node says to a device whose address is proven and which asks for a connection: come in; come later
 * (with or without a time); or nothing at all.
 */
export type Admission =
	'accept' | 'busy' | 'silent' | { readonly busySeconds: number };

export interface AcceptorLimits {
	/** Connections in all. @default 20000 */
	readonly connections: number;
	/** Handshakes that are not done, in all and from one IPv4 address or IPv6 /56. @default 1024, 256 */
	readonly halfOpen: number;
	readonly halfOpenPerAddress: number;
	/** HELLOs and worthless INITs a second that are answered for one prefix: /24, or /56 of IPv6. @default 5000 */
	readonly questionsPerPrefix: number;
	/** Stateless resets a second. @default 100 */
	readonly resetsPerSecond: number;
}

export const ACCEPTOR_LIMITS: AcceptorLimits = {
	connections: 20_000,
	halfOpen: 1024,
	halfOpenPerAddress: 256,
	questionsPerPrefix: 5000,
	resetsPerSecond: 100,
};

export interface AcceptorOptions {
	/** Asked once for each attempt, when its INIT has proven the address and before TLS costs anything. */
	readonly admit: (remote: Address) => Admission;
	/** Takes a new connection; what it returns is given the connection's datagrams. */
	readonly onConnection: (
		connection: Connection,
		nowMs: number,
	) => (datagram: Buffer, from: Address, nowMs: number) => void;
	readonly send: (datagram: Buffer, to: Address) => void;
	readonly tlsKey: string | Buffer;
	readonly limits?: Partial<AcceptorLimits>;
	readonly random: Random;
	readonly randomBytes: (bytes: number) => Buffer;
	readonly wallMs: () => number;
	readonly nowMs: number;
}

interface Entry {
	readonly connection: Connection;
	readonly receive: (datagram: Buffer, from: Address, nowMs: number) => void;
}

/** What a node's socket has counted. */
export interface AcceptorStats {
	questions: number;
	retries: number;
	busy: number;
	refused: number;
	accepted: number;
	resets: number;
	ignored: number;
}

/**
 * The node's side without any I/O: leads datagrams to their connections, and answers those that belong to none
 * without keeping anything. State exists only for a device that has proven its address and was admitted.
 */
export class Acceptor {
	readonly stats: AcceptorStats = {
		questions: 0,
		retries: 0,
		busy: 0,
		refused: 0,
		accepted: 0,
		resets: 0,
		ignored: 0,
	};
	readonly #table = new Map<string, Entry>();
	readonly #tombstones = new Tombstones();
	readonly #halfOpen = new HalfOpen();
	readonly #limits: AcceptorLimits;
	readonly #lasting: Buffer;
	readonly #retryTokens: RetryTokens;
	readonly #newTokens: NewTokens;
	readonly #questionRate: QuestionRate;
	#resetWindow = { startMs: 0, sent: 0 };

	readonly #options: AcceptorOptions;

	constructor(options: AcceptorOptions) {
		this.#options = options;
		this.#limits = { ...ACCEPTOR_LIMITS, ...options.limits };
		this.#lasting = lastingSecret(options.tlsKey);
		this.#retryTokens = new RetryTokens(options.randomBytes, options.nowMs);
		this.#newTokens = new NewTokens(this.#lasting, options.randomBytes);
		this.#questionRate = new QuestionRate(
			this.#limits.questionsPerPrefix,
			options.randomBytes,
		);
	}

	/** What the node holds, which a flood must not grow. */
	get sizes() {
		return {
			connections: this.#table.size,
			halfOpen: this.#halfOpen.size,
			tombstones: this.#tombstones.size,
		};
	}

	receive(datagram: Buffer, from: Address, nowMs: number): void {
		const id = destinationOf(datagram);
		const entry = id === undefined ? undefined : this.#table.get(id);
		if (entry) {
			entry.receive(datagram, from, nowMs);
			if (entry.connection.epochs.isConfirmed) {
				this.#halfOpen.end(entry.connection);
			}
		} else if (id !== undefined && this.#tombstones.has(id, nowMs)) {
			const words = this.#tombstones.answer(id);
			if (words && words.length <= datagram.length) {
				this.#options.send(words, from);
			}
		} else if (datagram[0] === LONG.hello || datagram[0] === LONG.init) {
			this.#onQuestion(datagram, from, nowMs);
		} else if (id !== undefined && datagram[0] !== LONG.handshake) {
			this.#reset(Buffer.from(id, 'latin1'), from, nowMs);
		} else {
			this.stats.ignored++;
		}
	}

	#onQuestion(datagram: Buffer, from: Address, nowMs: number): void {
		const hello = decodeHello(datagram);
		if (!hello) {
			this.stats.ignored++;
			return;
		}
		this.stats.questions++;
		const { clientId, nonce } = hello;
		const packet = decodeProtected(datagram);
		if (
			hello.version === VERSION &&
			packet?.type === 'init' &&
			this.#isProven(packet as Init, datagram, from, nowMs)
		) {
			this.#admit(packet as Init, datagram, from, nowMs);
			return;
		}
		// A proven address is beyond this; who only asks gets silence, which costs the least.
		if (!this.#questionRate.allows(from.address, nowMs)) {
			this.stats.ignored++;
			return;
		}
		if (hello.version !== VERSION) {
			const answer = {
				type: 'version',
				clientId,
				nonce,
				versions: [VERSION],
			} as const;
			this.#options.send(encodeAnswer(answer), from);
			return;
		}
		if (this.#isFull(from)) {
			this.#sayBusy(hello, 0, from);
			return;
		}
		this.stats.retries++;
		const issued = this.#retryTokens.issue(hello, from, nowMs);
		this.#options.send(
			encodeAnswer({ type: 'retry', clientId, nonce, ...issued }),
			from,
		);
	}

	/** The token is ours and of this address, and whoever sent the INIT knows it. */
	#isProven(
		init: Init,
		datagram: Buffer,
		from: Address,
		nowMs: number,
	): boolean {
		const { clientId, serverId, token } = init;
		return (
			isAuthentic(
				handshakeKeys('server', clientId, serverId, token).open,
				datagram,
			) &&
			(this.#retryTokens.isValid(init, from, nowMs) ||
				this.#newTokens.spend(init, from, this.#options.wallMs()))
		);
	}

	#isFull(from: Address): boolean {
		const { connections, halfOpen, halfOpenPerAddress } = this.#limits;
		return (
			this.#table.size >= connections ||
			this.#halfOpen.size >= halfOpen ||
			this.#halfOpen.of(from.address) >= halfOpenPerAddress
		);
	}

	#admit(init: Init, datagram: Buffer, from: Address, nowMs: number): void {
		const id = init.serverId.toString('latin1');
		const admission = this.#isFull(from) ? 'busy' : this.#options.admit(from);
		if (admission === 'silent') {
			this.stats.refused++;
			this.#tombstones.set(id, undefined, nowMs);
			return;
		}
		if (admission !== 'accept') {
			const seconds = admission === 'busy' ? 0 : admission.busySeconds;
			this.#tombstones.set(id, this.#sayBusy(init, seconds, from), nowMs);
			return;
		}
		this.stats.accepted++;
		this.#accept(id, init, from, nowMs).receive(datagram, from, nowMs);
	}

	#sayBusy(
		{ clientId, nonce }: Pick<Hello, 'clientId' | 'nonce'>,
		retryAfterSeconds: number,
		to: Address,
	): Buffer {
		this.stats.busy++;
		const words = encodeAnswer({
			type: 'busy',
			clientId,
			nonce,
			retryAfterSeconds,
		});
		this.#options.send(words, to);
		return words;
	}

	#accept(id: string, init: Init, from: Address, nowMs: number): Entry {
		const options = this.#options;
		const connection = new Connection({
			role: 'server',
			clientId: Buffer.from(init.clientId),
			serverId: Buffer.from(init.serverId),
			token: Buffer.from(init.token),
			nonce: Buffer.from(init.nonce),
			peer: { address: from.address, port: from.port },
			nowMs,
			random: options.random,
			randomBytes: options.randomBytes,
			resetToken: resetTokenFor(this.#lasting, init.serverId),
			newToken: this.#newTokens.issue(from, options.wallMs()),
		});
		const receive = options.onConnection(connection, nowMs);
		const entry: Entry = { connection, receive };
		this.#table.set(id, entry);
		this.#halfOpen.begin(connection, from.address);
		return entry;
	}

	/** A connection has ended; its ID is kept from being used again for a while. */
	remove(connection: Connection, nowMs: number): void {
		const id = connection.serverId.toString('latin1');
		const entry = this.#table.get(id);
		if (entry?.connection === connection) {
			this.#halfOpen.end(connection);
			this.#table.delete(id);
			this.#tombstones.set(id, connection.lastWords, nowMs);
		}
	}

	/** Smaller than the shortest packet that can ask for it, and seldom. */
	#reset(serverId: Buffer, to: Address, nowMs: number): void {
		if (nowMs - this.#resetWindow.startMs >= 1000) {
			this.#resetWindow = { startMs: nowMs, sent: 0 };
		}
		if (this.#resetWindow.sent >= this.#limits.resetsPerSecond) {
			this.stats.ignored++;
			return;
		}
		this.#resetWindow.sent++;
		this.stats.resets++;
		this.#options.send(
			encodeReset(serverId, resetTokenFor(this.#lasting, serverId)),
			to,
		);
	}
}
