import type { Address } from '../wire/address.js';
import { CLOSE, type NextToken } from '../wire/frames.js';
import {
	closeFrame,
	keyConfirmFrame,
	newTokenFrame,
	PING,
} from '../wire/encode-frames.js';
import type { Role } from '../wire/keys.js';
import {
	INITIAL_LIMIT_BYTES,
	KEY_LIMIT_PACKETS,
	LAST_PROBES,
	PACKET_NUMBER_LIMIT,
	RECEIVE_WINDOW_BYTES,
} from '../wire/limits.js';
import { Answers } from './answers.js';
import { ApplicationKeys } from './application-keys.js';
import { BlackHole } from './black-hole.js';
import type { CongestionController } from './congestion.js';
import type { ConnectionOptions } from './connection-options.js';
import type { End } from './end.js';
import { ApplicationEnvelope, HandshakeEnvelope } from './envelope.js';
import { FrameHandler } from './frame-handler.js';
import { Handshake } from './handshake.js';
import { Losses } from './losses.js';
import { PacketBudget } from './packet-budget.js';
import { Paths } from './paths.js';
import { Receiver } from './receiver.js';
import { RttEstimator } from './rtt.js';
import { PacketSpace } from './space.js';
import { Spaces } from './spaces.js';
import { newStats } from './stats.js';
import { Timers, type Phase } from './timers.js';
import { Transmitter, type Send } from './transmitter.js';

/** RFC 9002, 6.2.4. */
const PROBES = 2;

/**
 * One connection, without any I/O: datagrams and time go in, datagrams, bytes and the next deadline come
 * out. `docs/udp-protocol.md` specifies it.
 *
 *   INIT ──first authentic answer──▶ HANDSHAKE ──secure()──▶ both epochs ──first short form──▶ confirmed ──▶ ended
 *   (client only)                    (epoch 0)               (client only)                    (epoch 1)
 */
export class Connection {
	readonly role: Role;
	readonly stats = newStats();
	readonly paths: Paths;
	/** The node gave a token for next time. */
	onNextToken: (token: NextToken) => void = () => undefined;
	readonly #rtt = new RttEstimator();
	readonly #budget = new PacketBudget();
	readonly #handshake: Handshake;
	readonly #handshakeEnvelope: HandshakeEnvelope;
	#keys: ApplicationKeys | undefined;
	readonly #spaces: Spaces;
	readonly #timers: Timers;
	readonly #transmitter: Transmitter;
	readonly #receiver: Receiver<PacketSpace>;
	readonly #losses: Losses;
	#ended: End | undefined;
	/** What the other end is still to be told. */
	#closeCode: number | undefined;
	#lastWords: Buffer | undefined;

	constructor(readonly options: ConnectionOptions) {
		this.role = options.role;
		const handshake = (this.#handshake = new Handshake(options));
		this.#handshakeEnvelope = new HandshakeEnvelope(handshake);
		this.#spaces = new Spaces(
			new PacketSpace(
				'handshake',
				this.#handshakeEnvelope,
				this.#rtt,
				options.random,
			),
		);
		this.#losses = new Losses({
			datagramBytes: handshake.datagramBytes,
			rtt: this.#rtt,
			stats: this.stats,
		});
		this.paths = new Paths(options.peer, options.randomBytes);
		if (options.roundTripMs !== undefined) {
			this.#rtt.sample(options.roundTripMs, 0);
		}
		this.#timers = new Timers(options);
		const congestion = () => this.#losses.congestion;
		const budget = this.#budget;
		this.#transmitter = new Transmitter({
			datagramBytes: handshake.datagramBytes,
			spaces: () => this.#spaces.all,
			rtt: this.#rtt,
			paths: this.paths,
			stats: this.stats,
			budget,
			congestion,
		});
		const vanish = (end: End) => {
			this.vanish(end);
		};
		const onViolation = (rule: string, { name }: PacketSpace) => {
			if (name === 'application') {
				this.close(CLOSE.violation, { reason: 'violation', rule });
			} else {
				// Anybody may have sent it: that packet is dropped, and the handshake goes on.
				this.stats.dropped.malformed++;
			}
		};
		const answers = new Answers({
			handshake,
			vanish,
			restart: (nowMs) => {
				this.#restart(nowMs);
			},
		});
		const frames = new FrameHandler<PacketSpace>({
			paths: this.paths,
			congestion,
			transmitter: this.#transmitter,
			budget,
			onLost: (space, lost, nowMs) => {
				this.#losses.onLost(space, lost, nowMs);
			},
			onMoved: (left, to) => {
				this.#losses.onMoved(this.#space, left, to);
			},
			onResetToken: (resetToken) => {
				answers.onResetToken(resetToken);
			},
			onNextToken: (next) => {
				this.onNextToken(next);
			},
			onViolation,
			vanish,
		});
		this.#receiver = new Receiver<PacketSpace>({
			handshake,
			spaceOf: (isShort) => this.#spaces.of(isShort),
			onConfirmed: () => {
				this.#spaces.confirm();
			},
			paths: this.paths,
			timers: this.#timers,
			stats: this.stats,
			budget,
			onFlood: () => {
				this.close(CLOSE.violation, { reason: 'flood' });
			},
			onFrame: (frame, space, from, nowMs) =>
				frames.handle(frame, space, from, nowMs),
			onKeyless: (datagram, nowMs) => answers.receive(datagram, nowMs),
			onViolation,
		});
	}

	get #space(): PacketSpace {
		return this.#spaces.current;
	}

	/** The sending half of the stream. */
	get sending() {
		return this.#space.sending;
	}

	/** The receiving half of the stream. */
	get receiving() {
		return this.#space.receiving;
	}

	/** The ACKs that this end owes. */
	get acks() {
		return this.#space.acks;
	}

	get recovery() {
		return this.#space.recovery;
	}

	/** The last round trip; undefined before the first. */
	get roundTripMs(): number | undefined {
		return this.#rtt.isMeasured ? this.#rtt.adjustedMs : undefined;
	}

	/** Not one byte of a handshake has come. */
	get isSilent(): boolean {
		return !this.isSecure && this.receiving.orderedBytes === 0;
	}

	/** TLS is done here. */
	get isSecure(): boolean {
		return this.#spaces.isSecure;
	}

	/** The other end is known to have the keys of epoch 1; nothing of epoch 0 is let in. */
	get isConfirmed(): boolean {
		return this.#spaces.isConfirmed;
	}

	/** How often the keys of epoch 1 have changed. */
	get keyUpdates(): number {
		return this.#keys?.updates ?? 0;
	}

	/** How it ended; absorbs everything that comes later. What was received can still be read. */
	get ended(): End | undefined {
		return this.#ended;
	}

	get congestion(): Pick<
		CongestionController,
		'windowBytes' | 'isInSlowStart'
	> {
		return this.#losses.congestion;
	}

	// What the stream above asks for. Each is followed by a flush().

	write(bytes: Buffer): void {
		this.sending.write(bytes);
	}

	/** Nothing is written after this. */
	finish(): void {
		this.sending.finish();
	}

	/** The next bytes in order. */
	read(): Buffer | undefined {
		return this.receiving.read();
	}

	/**
	 * TLS is done; these bytes are what its exporter gave. What is written from now on is sealed with them. A server drops epoch 0:
	 * the device's Finished shows that it has everything of it. A device keeps it until the node shows the same.
	 */
	secure(exported: Buffer): void {
		const { role, options } = this;
		this.#keys = new ApplicationKeys(
			role,
			exported,
			options.keyUpdatePackets,
			() => {
				this.#budget.onKeyUpdate();
			},
		);
		const space = new PacketSpace(
			'application',
			new ApplicationEnvelope(this.#handshake, this.#keys),
			this.#rtt,
			options.random,
			Math.max(
				options.receiveWindowBytes ?? RECEIVE_WINDOW_BYTES,
				INITIAL_LIMIT_BYTES,
			),
			new BlackHole(this.#handshake.datagramBytes),
		);
		this.#spaces.secure(space, role === 'client');
		if (role === 'server') {
			space.builder.queue(keyConfirmFrame(options.resetToken!));
			if (options.newToken) {
				space.builder.queue(newTokenFrame(options.newToken));
			}
			this.#receiver.receiveEarly();
		}
	}

	/** The ID that the node chose; a RETRY may change it. */
	get serverId(): Buffer {
		return this.#handshake.serverId;
	}

	/** The size of its datagrams. */
	get datagramBytes(): number {
		return this.#handshake.datagramBytes;
	}

	/** Whether the other end has said anything authentic. */
	get isAnswered(): boolean {
		return this.#handshake.isAnswered;
	}

	/** The other end is known to be there: it has answered this handshake, or the question before it. */
	get isReached(): boolean {
		return this.#phase !== 'unanswered';
	}

	/** The node has answered another question of this device: UDP gets through. */
	provePath(): void {
		this.#handshake.isPathProven = true;
	}

	/** Ends the connection and tells the other end, once, unless it has said nothing yet. */
	close(code: number, end: End = { reason: 'aborted' }): void {
		if (!this.#ended) {
			this.#ended = end;
			this.#closeCode = this.#handshake.isAnswered ? code : undefined;
		}
	}

	/** Ends it without a word. */
	vanish(end: End): void {
		this.#ended ??= end;
	}

	/** The CLOSE that was sent, for whoever goes on asking. */
	get lastWords(): Buffer | undefined {
		return this.#lastWords;
	}

	// Datagrams and time. Each is followed by a flush().

	/** One datagram came. Whatever it holds, this does not throw. */
	receive(datagram: Buffer, from: Address, nowMs: number): void {
		if (!this.#ended) {
			this.stats.received++;
			this.#receiver.receive(datagram, from, nowMs);
			if (this.receiving.complete && this.sending.done) {
				this.close(CLOSE.done, { reason: 'done' });
			}
		}
	}

	/** When {@link expire} wants to be called next; Infinity = not before something comes. */
	deadlineMs(): number {
		if (this.#ended) {
			return this.#closeCode === undefined ? Infinity : 0;
		}
		let deadlineMs = Math.min(
			this.#timers.deadlineMs(this.#phase),
			this.paths.deadlineMs,
			this.#transmitter.readyAtMs,
		);
		for (const { acks } of this.#spaces.all) {
			deadlineMs = Math.min(deadlineMs, acks.dueMs);
		}
		for (const { recovery } of this.#spaces.recovering) {
			deadlineMs = Math.min(deadlineMs, recovery.deadlineMs);
		}
		return deadlineMs;
	}

	get #phase(): Phase {
		return this.#spaces.isConfirmed ? 'confirmed' : this.#handshake.phase;
	}

	/** Time has passed: acts on every deadline that is due. */
	expire(nowMs: number): void {
		if (this.#ended) {
			return;
		}
		const phase = this.#phase;
		if (nowMs >= this.#timers.endsAtMs(phase)) {
			this.vanish({ reason: TIMED_OUT[phase] });
			return;
		}
		for (const space of this.#spaces.recovering) {
			if (nowMs >= space.recovery.deadlineMs) {
				this.#onRecoveryDeadline(space, nowMs);
			}
		}
		if (this.#timers.pingIsDue(phase, nowMs)) {
			this.#space.builder.queue(PING);
		}
	}

	#onRecoveryDeadline(space: PacketSpace, nowMs: number): void {
		const { receiving, sending, recovery } = space;
		const { lost, probe } = recovery.expire(nowMs);
		this.#losses.onLost(space, lost, nowMs);
		if (!probe) {
			return;
		}
		this.stats.probeTimeouts++;
		if (recovery.blackHole.isFound(this.#timers.lastHeardMs)) {
			this.close(CLOSE.aborted, { reason: 'black-hole' });
			return;
		}
		const isAllSaid = receiving.complete && sending.onlyFinIsLeft;
		if (isAllSaid && recovery.ptoCount >= LAST_PROBES) {
			this.close(CLOSE.done, { reason: 'done' });
		} else {
			space.probes = PROBES;
		}
	}

	/** A RETRY has changed the IDs, and so the keys. */
	#restart(nowMs: number): void {
		this.#timers.onHeard(nowMs);
		this.#handshakeEnvelope.rekey();
		this.#losses.resendAll(this.#space);
	}

	/** Sends all that may be sent now. */
	flush(nowMs: number, send: Send): void {
		const { packetNumberLimit = PACKET_NUMBER_LIMIT } = this.options;
		const { numbers, receiving } = this.#space;
		if (
			numbers.next >= packetNumberLimit ||
			(this.#keys && this.#keys.sealed >= KEY_LIMIT_PACKETS)
		) {
			this.close(CLOSE.numbersUsedUp, { reason: 'numbers-used-up' });
		}
		if (this.#ended) {
			this.#sayLastWords(send);
			return;
		}
		if (receiving.limitIsStale) {
			this.acks.tellNow(nowMs);
		}
		if (this.#transmitter.flush(nowMs, send)) {
			this.#timers.onTraffic(nowMs);
		}
		this.#timers.onBlocked(
			this.sending.blocked && this.recovery.inFlight === 0,
			nowMs,
		);
	}

	/** In each epoch that the other end may be in (RFC 9000, 10.2.3). */
	#sayLastWords(send: Send): void {
		if (this.#closeCode === undefined) {
			return;
		}
		for (const { builder } of this.#spaces.all) {
			this.#lastWords = builder.last(closeFrame(this.#closeCode));
			send(this.#lastWords, this.paths.active);
		}
		this.#closeCode = undefined;
	}
}

const TIMED_OUT = {
	unanswered: 'no-answer',
	handshake: 'handshake-timeout',
	confirmed: 'idle',
} as const;
