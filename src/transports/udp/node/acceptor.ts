import { Connection } from '../connection/connection.js';
import type { Address } from '../wire/address.js';
import {
	decodeHello,
	encodeAnswer,
	encodeReset,
	type Hello,
} from '../wire/keyless.js';
import { VERSION } from '../wire/limits.js';
import {
	decodeProtected,
	destinationOf,
	LONG,
	type Init,
} from '../wire/packet.js';
import {
	ACCEPTOR_LIMITS,
	type AcceptorLimits,
	type AcceptorOptions,
	type Holder,
} from './acceptor-options.js';
import { HalfOpen } from './half-open.js';
import { Proofs } from './proofs.js';
import { QuestionRate } from './question-rate.js';
import { Tombstones } from './tombstones.js';

interface Entry {
	readonly connection: Connection;
	readonly holder: Holder;
	readonly owner: string;
}

/** RFC 9000, 8.1: an address that is not proven gets at most so many times what came from it. */
const MOST_AMPLIFIED = 3;

/** Who may send INITs for an ID: another device or address that shows its token is to ask again. */
const ownerOf = (clientId: Buffer, { address, port }: Address): string =>
	`${clientId.toString('latin1')} ${address} ${port}`;

/** What a node's socket has counted. */
export interface AcceptorStats {
	questions: number;
	retries: number;
	busy: number;
	refused: number;
	accepted: number;
	/** Dropped before their login, to make room. */
	evicted: number;
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
		evicted: 0,
		resets: 0,
		ignored: 0,
	};
	readonly #options: AcceptorOptions;
	readonly #limits: AcceptorLimits;
	readonly #table = new Map<string, Entry>();
	readonly #tombstones = new Tombstones();
	readonly #halfOpen: HalfOpen<Connection>;
	readonly #proofs: Proofs;
	readonly #questionRate: QuestionRate;
	#resetWindow = { startMs: 0, sent: 0 };

	constructor(options: AcceptorOptions) {
		this.#options = options;
		this.#limits = { ...ACCEPTOR_LIMITS, ...options.limits };
		this.#halfOpen = new HalfOpen(this.#limits);
		this.#proofs = new Proofs(options);
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
		const type = datagram[0];
		if (type === LONG.hello || id === undefined) {
			this.#onQuestion(datagram, from, nowMs);
			return;
		}
		const entry = this.#table.get(id);
		const stone = entry ? undefined : this.#tombstones.get(id, nowMs);
		const owner = entry?.owner ?? stone?.owner;
		const isInit = type === LONG.init;
		if (isInit && owner !== ownerOfInit(datagram, from)) {
			this.#onQuestion(datagram, from, nowMs);
		} else if (entry) {
			entry.holder.receive(datagram, from, nowMs);
		} else if (stone) {
			const words = this.#tombstones.answer(id);
			if (words && words.length <= MOST_AMPLIFIED * datagram.length) {
				this.#options.send(words, from);
			}
		} else if (type !== LONG.handshake) {
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
		const packet = decodeProtected(datagram);
		if (hello.version === VERSION && packet?.type === 'init') {
			const init = packet as Init;
			const id = init.serverId.toString('latin1');
			const isTaken =
				this.#table.has(id) || this.#tombstones.get(id, nowMs) !== undefined;
			const proof = isTaken
				? 'unproven'
				: this.#proofs.check(init, datagram, from, nowMs);
			if (proof === 'worthless') {
				this.stats.ignored++;
				return;
			}
			if (proof !== 'unproven') {
				this.#admit(init, proof, datagram, from, nowMs);
				return;
			}
		}
		// A proven address is beyond this; who only asks gets silence, which costs the least.
		if (!this.#questionRate.allows(from.address, nowMs)) {
			this.stats.ignored++;
			return;
		}
		this.#answer(hello, from, nowMs);
	}

	#answer(hello: Hello, from: Address, nowMs: number): void {
		const { clientId, nonce, version } = hello;
		if (version !== VERSION) {
			const versions = [VERSION];
			this.#options.send(
				encodeAnswer({ type: 'version', clientId, nonce, versions }),
				from,
			);
		} else if (this.#roomFor(from, nowMs) === 'full') {
			this.#sayBusy(hello, 0, from);
		} else {
			this.stats.retries++;
			const issued = this.#proofs.retry(hello, from, nowMs);
			this.#options.send(
				encodeAnswer({ type: 'retry', clientId, nonce, ...issued }),
				from,
			);
		}
	}

	#roomFor({ address }: Address, nowMs: number): 'free' | 'full' | Connection {
		const isTableFull = this.#table.size >= this.#limits.connections;
		return this.#halfOpen.roomFor(address, nowMs, isTableFull);
	}

	#admit(
		init: Init,
		secret: Buffer,
		datagram: Buffer,
		from: Address,
		nowMs: number,
	): void {
		const id = init.serverId.toString('latin1');
		const owner = ownerOf(init.clientId, from);
		const room = this.#roomFor(from, nowMs);
		const admission = room === 'full' ? 'busy' : this.#options.admit(from);
		if (admission === 'silent') {
			this.stats.refused++;
			this.#tombstones.set(id, { owner, words: undefined }, nowMs);
			return;
		}
		if (admission !== 'accept') {
			const seconds = admission === 'busy' ? 0 : admission.busySeconds;
			const words = this.#sayBusy(init, seconds, from);
			this.#tombstones.set(id, { owner, words }, nowMs);
			return;
		}
		if (room instanceof Connection) {
			this.stats.evicted++;
			this.#entryOf(room)?.holder.drop(nowMs);
		}
		this.stats.accepted++;
		const { holder } = this.#accept(
			id,
			init,
			secret,
			datagram.length,
			from,
			nowMs,
		);
		holder.receive(datagram, from, nowMs);
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

	#accept(
		id: string,
		init: Init,
		tokenSecret: Buffer,
		datagramBytes: number,
		{ address, port }: Address,
		nowMs: number,
	): Entry {
		const { random, randomBytes, onConnection } = this.#options;
		const peer = { address, port };
		const connection = new Connection({
			role: 'server',
			clientId: Buffer.from(init.clientId),
			serverId: Buffer.from(init.serverId),
			token: init.token,
			tokenSecret,
			datagramBytes,
			nonce: Buffer.from(init.nonce),
			peer,
			nowMs,
			random,
			randomBytes,
			resetToken: this.#proofs.resetToken(init.serverId),
			newToken: this.#proofs.nextToken(peer),
		});
		const holder = onConnection(connection, nowMs);
		const owner = ownerOf(init.clientId, peer);
		const entry: Entry = { connection, holder, owner };
		this.#table.set(id, entry);
		this.#halfOpen.begin(connection, address, nowMs);
		return entry;
	}

	#entryOf(connection: Connection): Entry | undefined {
		const entry = this.#table.get(connection.serverId.toString('latin1'));
		return entry?.connection === connection ? entry : undefined;
	}

	/** The device has shown who it is: it is nobody's place any more. */
	loggedIn(connection: Connection): void {
		this.#halfOpen.end(connection);
	}

	/** A connection has ended; its ID is kept from being used again for a while. */
	remove(connection: Connection, nowMs: number): void {
		const entry = this.#entryOf(connection);
		if (entry) {
			const { owner } = entry;
			const id = connection.serverId.toString('latin1');
			this.#halfOpen.end(connection);
			this.#table.delete(id);
			this.#tombstones.set(id, { owner, words: connection.lastWords }, nowMs);
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
			encodeReset(serverId, this.#proofs.resetToken(serverId)),
			to,
		);
	}
}

function ownerOfInit(datagram: Buffer, from: Address): string | undefined {
	const hello = decodeHello(datagram);
	return hello && ownerOf(hello.clientId, from);
}
