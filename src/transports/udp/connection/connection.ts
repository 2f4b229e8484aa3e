import type { Random } from '../../../runtime/index.js';
import type { Address } from '../wire/address.js';
import {
	CLOSE,
	closeFrame,
	keyConfirmFrame,
	newTokenFrame,
	PING,
} from '../wire/frames.js';
import { handshakeKeys, type Role } from '../wire/keys.js';
import {
	INITIAL_LIMIT_BYTES,
	LAST_PROBES,
	PACKET_NUMBER_LIMIT,
	RECEIVE_WINDOW_BYTES,
} from '../wire/limits.js';
import { Acks } from './acks.js';
import { Answers } from './answers.js';
import type { CongestionController } from './congestion.js';
import { Cubic } from './cubic.js';
import type { End } from './end.js';
import { Envelope } from './envelope.js';
import { Epochs } from './epochs.js';
import { FrameHandler, type NextToken } from './frame-handler.js';
import { Handshake, type HandshakeOptions } from './handshake.js';
import { LossRecovery, type SentPacket } from './loss-recovery.js';
import { PacketBuilder } from './packet-builder.js';
import { Paths } from './paths.js';
import { ReceiveStream } from './receive-stream.js';
import { Receiver } from './receiver.js';
import { SendStream } from './send-stream.js';
import { newStats } from './stats.js';
import { Timers, type Phase } from './timers.js';
import { Transmitter, type Send } from './transmitter.js';

export interface ConnectionOptions extends HandshakeOptions {
	readonly peer: Address;
	readonly nowMs: number;
	readonly random: Random;
	readonly randomBytes: (bytes: number) => Buffer;
	/** The measured round trip of HELLO and RETRY. */
	readonly roundTripMs?: number;
	/** @default RECEIVE_WINDOW_BYTES */
	readonly receiveWindowBytes?: number;
	/** Nothing authentic for this long ends the connection. @default IDLE_TIMEOUT_MS */
	readonly idleTimeoutMs?: number;
	/** Packets that may be sent. @default PACKET_NUMBER_LIMIT */
	readonly packetNumberLimit?: number;
	/** What a node tells its device once the keys are confirmed. */
	readonly resetToken?: Buffer;
	readonly newToken?: NextToken;
}

/**
 * One connection, without any I/O: datagrams and time go in, datagrams, bytes and the next deadline come
 * out. `docs/udp-protocol.md` specifies it.
 *
 *   INIT ──first authentic answer──▶ HANDSHAKE ──secure(), first short form──▶ confirmed ──▶ ended
 *   (client only)                    (epoch 0)                                 (epoch 1)
 */
export class Connection {
	readonly role: Role;
	readonly stats = newStats();
	readonly paths: Paths;
	readonly recovery = new LossRecovery();
	readonly sending = new SendStream(INITIAL_LIMIT_BYTES);
	readonly receiving: ReceiveStream;
	readonly acks: Acks;
	readonly epochs: Epochs;
	readonly #handshake: Handshake;
	/** The node gave a token for next time. */
	onNextToken: (token: NextToken) => void = () => undefined;
	readonly #timers: Timers;
	readonly #builder: PacketBuilder;
	readonly #transmitter: Transmitter;
	readonly #receiver: Receiver;
	#congestion: CongestionController = new Cubic();
	#ended: End | undefined;
	/** What the other end is still to be told. */
	#closeCode: number | undefined;
	#lastWords: Buffer | undefined;

	constructor(readonly options: ConnectionOptions) {
		const { role, clientId, serverId, token } = options;
		this.role = role;
		const handshake = (this.#handshake = new Handshake(options));
		this.epochs = new Epochs(
			role,
			handshakeKeys(role, clientId, serverId, token),
		);
		this.paths = new Paths(options.peer, options.randomBytes);
		const window = options.receiveWindowBytes ?? RECEIVE_WINDOW_BYTES;
		this.receiving = new ReceiveStream(Math.max(window, INITIAL_LIMIT_BYTES));
		this.acks = new Acks(this.receiving);
		if (options.roundTripMs !== undefined) {
			this.recovery.rtt.sample(options.roundTripMs, 0);
		}
		this.#timers = new Timers(options);
		this.#builder = new PacketBuilder({
			envelope: new Envelope(handshake, this.epochs),
			acks: this.acks,
			segments: this.sending,
			inFlight: this.recovery,
		});
		const congestion = () => this.#congestion;
		this.#transmitter = new Transmitter({
			builder: this.#builder,
			acks: this.acks,
			recovery: this.recovery,
			paths: this.paths,
			stats: this.stats,
			congestion,
		});
		const vanish = (end: End) => {
			this.vanish(end);
		};
		const onViolation = (rule: string) => {
			this.close(CLOSE.violation, { reason: 'violation', rule });
		};
		const answers = new Answers({
			handshake,
			vanish,
			restart: (nowMs) => {
				this.#restart(nowMs);
			},
		});
		const frames = new FrameHandler({
			receiving: this.receiving,
			sending: this.sending,
			recovery: this.recovery,
			paths: this.paths,
			congestion,
			sender: () => ({
				nextNumber: this.#builder.nextNumber,
				isLimited: this.#transmitter.isLimited,
			}),
			onLost: (lost, nowMs) => {
				this.#onLost(lost, nowMs);
			},
			onMoved: (left, to) => {
				this.#onMoved(left, to);
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
		this.#receiver = new Receiver({
			handshake,
			epochs: this.epochs,
			acks: this.acks,
			paths: this.paths,
			timers: this.#timers,
			stats: this.stats,
			onFrame: (frame, from, nowMs) => frames.handle(frame, from, nowMs),
			onKeyless: (datagram, nowMs) => answers.receive(datagram, nowMs),
			onViolation,
		});
	}

	/** How it ended; absorbs everything that comes later. What was received can still be read. */
	get ended(): End | undefined {
		return this.#ended;
	}

	get congestion(): Pick<
		CongestionController,
		'windowBytes' | 'isInSlowStart'
	> {
		return this.#congestion;
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

	/** TLS is done; these bytes are what its exporter gave. */
	secure(exported: Buffer): void {
		this.epochs.secure(exported);
		const { resetToken, newToken } = this.options;
		if (this.role === 'server') {
			this.#builder.queue(keyConfirmFrame(resetToken!));
			if (newToken) {
				this.#builder.queue(newTokenFrame(newToken.serverId, newToken.token));
			}
		}
	}

	/** The ID that the node chose; a RETRY may change it. */
	get serverId(): Buffer {
		return this.#handshake.serverId;
	}

	/** Whether the other end has said anything authentic. */
	get isAnswered(): boolean {
		return this.#handshake.isAnswered;
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
		return Math.min(
			this.#timers.deadlineMs(this.#phase),
			this.acks.dueMs,
			this.recovery.deadlineMs,
			this.paths.deadlineMs,
			this.#transmitter.readyAtMs,
		);
	}

	get #phase(): Phase {
		return this.epochs.isConfirmed ? 'confirmed' : this.#handshake.phase;
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
		if (nowMs >= this.recovery.deadlineMs) {
			this.#onRecoveryDeadline(nowMs);
		}
		if (this.#timers.pingIsDue(phase, nowMs)) {
			this.#builder.queue(PING);
		}
	}

	#onRecoveryDeadline(nowMs: number): void {
		const { lost, probe } = this.recovery.expire(nowMs);
		this.#onLost(lost, nowMs);
		if (!probe) {
			return;
		}
		this.stats.probeTimeouts++;
		const isAllSaid = this.receiving.complete && this.sending.finSent;
		if (isAllSaid && this.recovery.ptoCount >= LAST_PROBES) {
			this.close(CLOSE.done, { reason: 'done' });
		} else {
			this.#transmitter.probe();
		}
	}

	/** Packets were lost to congestion: what they held goes out again, and the window shrinks. */
	#onLost(lost: readonly SentPacket[], nowMs: number): void {
		const last = lost.at(-1);
		if (!last) {
			return;
		}
		this.#resend(lost);
		this.#congestion.onLost(last.sentMs, nowMs);
		if (this.recovery.isPersistent(lost)) {
			this.#congestion.onPersistentCongestion();
		}
	}

	/** What these packets held goes out again. A PING is not worth that. */
	#resend(lost: readonly SentPacket[]): void {
		this.stats.lost += lost.length;
		for (const { segments, control } of lost) {
			for (const segment of segments) {
				this.sending.onLost(segment);
			}
			for (const frame of control) {
				if (frame !== PING) {
					this.#builder.queue(frame);
				}
			}
		}
	}

	#restart(nowMs: number): void {
		const { serverId, token, options } = this.#handshake;
		this.#timers.onHeard(nowMs);
		this.epochs.restart(
			handshakeKeys('client', options.clientId, serverId, token),
		);
		this.#resend(this.recovery.loseAll());
	}

	/** What was in flight went to an address that is dead now; only another host is another path. */
	#onMoved(left: Address, to: Address): void {
		this.stats.moves++;
		this.#resend(this.recovery.loseAll());
		if (left.address !== to.address) {
			this.#congestion = new Cubic();
			this.recovery.rtt.reset();
		}
	}

	/** Sends all that may be sent now. */
	flush(nowMs: number, send: Send): void {
		if (
			this.#builder.nextNumber >=
			(this.options.packetNumberLimit ?? PACKET_NUMBER_LIMIT)
		) {
			this.close(CLOSE.numbersUsedUp, { reason: 'numbers-used-up' });
		}
		if (this.#ended) {
			this.#sayLastWords(nowMs, send);
			return;
		}
		if (this.receiving.limitIsStale) {
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

	#sayLastWords(nowMs: number, send: Send): void {
		if (this.#closeCode !== undefined) {
			this.#lastWords = this.#builder.last(closeFrame(this.#closeCode), nowMs);
			this.#closeCode = undefined;
			send(this.#lastWords, this.paths.active);
		}
	}
}

const TIMED_OUT = {
	unanswered: 'no-answer',
	handshake: 'handshake-timeout',
	confirmed: 'idle',
} as const;
