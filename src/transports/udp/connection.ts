import type { Random } from '../../runtime/index.js';
import { AckSchedule } from './ack-schedule.js';
import { Congestion } from './congestion.js';
import type { End } from './end.js';
import { Epochs } from './epochs.js';
import { CLOSE, keyConfirmFrame, newTokenFrame, PING } from './frames.js';
import { handshakeKeys, type Role } from './keys.js';
import {
	INITIAL_LIMIT_BYTES,
	LAST_PROBES,
	RECEIVE_WINDOW_BYTES,
} from './limits.js';
import { LossRecovery, type SentPacket } from './loss-recovery.js';
import { Pacer } from './pacer.js';
import { Paths, type Address } from './path.js';
import { ReceivedNumbers } from './received-numbers.js';
import { ReceiveStream } from './receive-stream.js';
import { Receiver } from './receiver.js';
import { SendStream } from './send-stream.js';
import { newStats } from './stats.js';
import { Timers, type Phase } from './timers.js';
import { Transmitter } from './transmitter.js';

export interface ConnectionOptions {
	readonly role: Role;
	readonly clientId: Buffer;
	readonly serverId: Buffer;
	/** From the RETRY, or kept from an earlier connection. */
	readonly token: Buffer;
	/** Of the device's question: answers before any key must repeat it. */
	readonly nonce: Buffer;
	/** Whether the token was kept from an earlier connection, so that the node has not answered yet. */
	readonly resumed?: boolean;
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
	/** What a node tells its device once the keys are confirmed. */
	readonly resetToken?: Buffer;
	readonly newToken?: { readonly serverId: Buffer; readonly token: Buffer };
}

/** What a device is told for its next connection to the same node. */
export interface NextToken {
	readonly serverId: Buffer;
	readonly token: Buffer;
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
	readonly received = new ReceivedNumbers();
	readonly acks = new AckSchedule();
	readonly pacer = new Pacer();
	readonly epochs: Epochs;
	readonly timers: Timers;
	readonly transmitter: Transmitter;
	congestion = new Congestion();
	/** How it ended; absorbs everything that comes later. What was received can still be read. */
	ended: End | undefined;
	/** The node gave a token for next time. */
	onNextToken: (token: NextToken) => void = () => undefined;

	/** The other end has said something authentic, or is the one who began. */
	heard: boolean;
	serverId: Buffer;
	token: Buffer;
	/** The node has answered another question of this device: UDP gets through. */
	pathProven = false;
	/** How often a RETRY has sent the handshake back to its start. */
	retries = 0;
	private readonly receiver: Receiver;

	constructor(readonly options: ConnectionOptions) {
		const { role, clientId, serverId, token } = options;
		this.role = role;
		this.serverId = Buffer.from(serverId);
		this.token = Buffer.from(token);
		this.heard = role === 'server';
		this.epochs = new Epochs(
			role,
			handshakeKeys(role, clientId, serverId, token),
		);
		this.paths = new Paths(options.peer, options.randomBytes);
		const window = options.receiveWindowBytes ?? RECEIVE_WINDOW_BYTES;
		this.receiving = new ReceiveStream(Math.max(window, INITIAL_LIMIT_BYTES));
		if (options.roundTripMs !== undefined) {
			this.recovery.roundTrip.sample(options.roundTripMs, 0);
		}
		this.timers = new Timers(options);
		this.transmitter = new Transmitter(this);
		this.receiver = new Receiver(this);
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
			this.transmitter.queue(keyConfirmFrame(resetToken!));
			if (newToken) {
				this.transmitter.queue(
					newTokenFrame(newToken.serverId, newToken.token),
				);
			}
		}
	}

	/** Ends the connection and tells the other end, once. */
	close(code: number, end: End = { reason: 'aborted' }): void {
		if (!this.ended) {
			this.ended = end;
			this.transmitter.close(code);
		}
	}

	/** Ends it without a word. */
	vanish(end: End): void {
		this.ended ??= end;
	}

	/** The CLOSE that was sent, for whoever goes on asking. */
	get lastWords(): Buffer | undefined {
		return this.transmitter.lastWords;
	}

	// Datagrams and time. Each is followed by a flush().

	/** One datagram came. Whatever it holds, this does not throw. */
	receive(datagram: Buffer, from: Address, nowMs: number): void {
		if (!this.ended) {
			this.stats.received++;
			this.receiver.receive(datagram, from, nowMs);
			this.checkDone();
		}
	}

	private checkDone(): void {
		if (!this.ended && this.receiving.complete && this.sending.done) {
			this.close(CLOSE.done, { reason: 'done' });
		}
	}

	/** When {@link expire} wants to be called next; Infinity = not before something comes. */
	deadlineMs(): number {
		if (this.ended) {
			return this.transmitter.hasLastWords ? 0 : Infinity;
		}
		return Math.min(
			this.timers.deadlineMs(this.phase),
			this.acks.dueMs,
			this.recovery.deadlineMs,
			this.paths.deadlineMs,
			this.transmitter.readyAtMs,
		);
	}

	private get phase(): Phase {
		if (this.epochs.isConfirmed) {
			return 'confirmed';
		}
		const answered =
			this.heard ||
			this.retries > 0 ||
			this.pathProven ||
			!this.options.resumed;
		return answered ? 'handshake' : 'unanswered';
	}

	/** Time has passed: acts on every deadline that is due. */
	expire(nowMs: number): void {
		if (this.ended) {
			return;
		}
		const { phase } = this;
		if (nowMs >= this.timers.endsAtMs(phase)) {
			this.ended = { reason: TIMED_OUT[phase] };
			return;
		}
		if (nowMs >= this.recovery.deadlineMs) {
			this.onRecoveryDeadline(nowMs);
		}
		if (this.timers.pingIsDue(phase, nowMs)) {
			this.transmitter.queue(PING);
		}
	}

	private onRecoveryDeadline(nowMs: number): void {
		const { lost, probe } = this.recovery.expire(nowMs);
		this.onLost(lost, nowMs);
		if (!probe) {
			return;
		}
		this.stats.probeTimeouts++;
		const { receiving, sending, recovery } = this;
		if (
			receiving.complete &&
			sending.finSent &&
			recovery.probeCount >= LAST_PROBES
		) {
			this.close(CLOSE.done, { reason: 'done' });
			return;
		}
		this.transmitter.probe();
	}

	/** Packets were lost to congestion: what they held goes out again, and the window shrinks. */
	onLost(lost: readonly SentPacket[], nowMs: number): void {
		const last = lost.at(-1);
		if (!last) {
			return;
		}
		this.resend(lost);
		this.congestion.onLost(last.sentMs, nowMs);
		if (this.recovery.isPersistent(lost)) {
			this.congestion.collapse();
		}
	}

	/** What these packets held goes out again. A PING is not worth that. */
	resend(lost: readonly SentPacket[]): void {
		this.stats.lost += lost.length;
		for (const { segments, control } of lost) {
			for (const segment of segments) {
				this.sending.onLost(segment);
			}
			for (const frame of control) {
				if (frame !== PING) {
					this.transmitter.queue(frame);
				}
			}
		}
	}

	/** Sends all that may be sent now. */
	flush(nowMs: number, send: (datagram: Buffer, to: Address) => void): void {
		if (!this.ended && this.receiving.limitIsStale) {
			this.acks.tellNow(nowMs);
		}
		if (this.transmitter.flush(nowMs, send)) {
			this.timers.onTraffic(nowMs);
		}
		this.timers.onBlocked(
			this.sending.blocked && this.recovery.inFlight === 0,
			nowMs,
		);
	}
}

const TIMED_OUT = {
	unanswered: 'no-answer',
	handshake: 'handshake-timeout',
	confirmed: 'idle',
} as const;
