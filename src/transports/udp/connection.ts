import { AckSchedule } from './ack-schedule.js';
import { Congestion } from './congestion.js';
import type { End } from './end.js';
import { Epochs } from './epochs.js';
import {
	CLOSE,
	decodeFrames,
	keyConfirmFrame,
	newTokenFrame,
	PING,
	type Frame,
} from './frames.js';
import { handshakeKeys, type Role } from './keys.js';
import {
	HANDSHAKE_TIMEOUT_MS,
	HELLO_TIMEOUT_MS,
	IDLE_TIMEOUT_MS,
	INITIAL_LIMIT_BYTES,
	KEEPALIVE_MS,
	LAST_PROBES,
	MAX_RETRIES,
	RECEIVE_WINDOW_BYTES,
	STALL_MS,
	STALL_PACKETS,
	TAG_BYTES,
	WINDOW_PROBE_MS,
} from './limits.js';
import { LossRecovery, type SentPacket } from './loss-recovery.js';
import { Pacer } from './pacer.js';
import {
	decodeAnswer,
	decodeProtected,
	decodeReset,
	idKey,
	destinationOf,
	type Answer,
} from './packet.js';
import { Paths, type Address } from './path.js';
import { ReceivedNumbers } from './received-numbers.js';
import { ReceiveStream } from './receive-stream.js';
import { SendStream } from './send-stream.js';
import { newStats } from './stats.js';
import { Transmitter } from './transmitter.js';
import type { Random } from '../../runtime/index.js';

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
	congestion = new Congestion();
	/** How it ended; absorbs everything that comes later. What was received can still be read. */
	ended: End | undefined;
	/** The node gave a token for next time. */
	onNextToken: (token: NextToken) => void = () => undefined;

	/** The node has answered under epoch 0 or 1. */
	heard: boolean;
	serverId: Buffer;
	token: Buffer;
	private retries = 0;
	private resetToken: Buffer | undefined;
	private readonly transmitter: Transmitter;
	private readonly startedMs: number;
	private lastHeardMs: number;
	private keepaliveAtMs: number;
	private windowProbeAtMs = Infinity;
	/** Packets that asked for an ACK since a stall was last looked into. */
	private inARow = 0;
	private stallAtMs = Infinity;

	constructor(readonly options: ConnectionOptions) {
		const { role, clientId, serverId, token, nowMs } = options;
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
		this.transmitter = new Transmitter(this);
		this.startedMs = nowMs;
		this.lastHeardMs = nowMs;
		this.keepaliveAtMs = this.nextKeepalive(nowMs);
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

	/** The CLOSE that was sent, for whoever goes on asking. */
	get lastWords(): Buffer | undefined {
		return this.transmitter.lastWords;
	}

	/** Ends it without a word. */
	vanish(end: End): void {
		this.ended ??= end;
	}

	// Datagrams and time.

	/** One datagram came. Whatever it holds, this does not throw. */
	receive(datagram: Buffer, from: Address, nowMs: number): void {
		if (this.ended) {
			return;
		}
		this.stats.received++;
		const packet = decodeProtected(datagram);
		if (!packet) {
			this.receiveAnswer(datagram, nowMs);
			return;
		}
		const short = packet.type === 'short';
		if (
			this.role === 'client' &&
			(packet.type === 'init' || !this.isForUs(datagram))
		) {
			this.stats.dropped.malformed++;
			return;
		}
		const refusal = this.epochs.check(datagram, short);
		if (refusal) {
			this.stats.dropped[refusal]++;
			return;
		}
		this.heard = true;
		this.lastHeardMs = nowMs;
		if (this.received.has(packet.packetNumber)) {
			// Our ACK was lost, or somebody plays packets back; either way one ACK harms nobody.
			this.stats.dropped.duplicate++;
			this.acks.tellNow(nowMs);
			return;
		}
		const frames = decodeFrames(
			datagram,
			packet.framesAt,
			datagram.length - TAG_BYTES,
		);
		if (!frames) {
			this.violate('malformed frame');
			return;
		}
		const largest = this.received.largest;
		this.paths.onAuthentic(
			from,
			datagram.length,
			packet.packetNumber > largest,
			nowMs,
		);
		const gap = packet.packetNumber !== largest + 1;
		if (this.process(frames, from, nowMs, gap || packet.ackNow)) {
			this.received.add(packet.packetNumber);
			if (packet.packetNumber > largest) {
				this.acks.largestAtMs = nowMs;
			}
		}
		this.checkDone();
	}

	private isForUs(datagram: Buffer): boolean {
		return destinationOf(datagram) === idKey(this.options.clientId);
	}

	/** False when the packet found no room and counts as lost. */
	private process(
		frames: readonly Frame[],
		from: Address,
		nowMs: number,
		atOnce: boolean,
	): boolean {
		let eliciting = false;
		let now = atOnce;
		for (const frame of frames) {
			eliciting ||= frame.type !== 'ack' && frame.type !== 'close';
			switch (frame.type) {
				case 'stream': {
					const reception = this.receiving.receive(
						frame.offset,
						frame.data,
						frame.fin,
					);
					if (reception === 'refused') {
						return false;
					}
					if (reception === 'violation') {
						this.violate('stream data out of bounds');
					}
					now ||= frame.fin;
					break;
				}
				case 'ack':
					this.onAck(frame, nowMs);
					break;
				case 'path-challenge':
					this.paths.onChallenge(frame.data, from);
					break;
				case 'path-response':
					this.onPathResponse(frame.data, from);
					break;
				case 'key-confirm':
					this.resetToken ??= Buffer.from(frame.resetToken);
					break;
				case 'new-token':
					this.onNextToken({
						serverId: Buffer.from(frame.serverId),
						token: Buffer.from(frame.token),
					});
					break;
				case 'close':
					this.onClose(frame.code);
					break;
				case 'ping':
					break;
			}
		}
		if (eliciting) {
			this.acks.onEliciting(nowMs, now);
			this.keepaliveAtMs = this.nextKeepalive(nowMs);
			this.inARow++;
			this.stallAtMs =
				this.inARow >= STALL_PACKETS ? nowMs + STALL_MS : Infinity;
		}
		return true;
	}

	private onAck(frame: Frame & { type: 'ack' }, nowMs: number): void {
		if (frame.ranges[0]!.high >= this.transmitter.nextNumber) {
			this.violate('ACK of a packet that was never sent');
			return;
		}
		this.sending.limit = Math.max(this.sending.limit, frame.limit);
		const { acknowledged, lost } = this.recovery.onAck(
			frame.ranges,
			frame.delayMs,
			nowMs,
		);
		for (const packet of acknowledged) {
			for (const segment of packet.segments) {
				this.sending.onAcknowledged(segment);
			}
			this.congestion.onAcknowledged(
				packet,
				this.transmitter.nextNumber,
				this.recovery.roundTrip,
				nowMs,
				this.transmitter.limited,
			);
		}
		this.onLost(lost, nowMs);
	}

	private onLost(lost: readonly SentPacket[], nowMs: number): void {
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

	private resend(lost: readonly SentPacket[]): void {
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

	/** What was in flight went to an address that is dead now; only another host is another path. */
	private onPathResponse(data: Buffer, from: Address): void {
		const left = this.paths.onResponse(data, from);
		if (!left) {
			return;
		}
		this.stats.moves++;
		this.resend(this.recovery.loseAll());
		if (left.address !== from.address) {
			this.congestion = new Congestion();
			this.recovery.roundTrip.forget();
		}
	}

	private onClose(code: number): void {
		const complete =
			code === CLOSE.done && this.receiving.complete && this.sending.finSent;
		this.ended ??= complete ? { reason: 'done' } : { reason: 'closed', code };
	}

	private violate(rule: string): void {
		this.close(CLOSE.violation, { reason: 'violation', rule });
	}

	private checkDone(): void {
		if (!this.ended && this.receiving.complete && this.sending.done) {
			this.close(CLOSE.done, { reason: 'done' });
		}
	}

	/** What may come without a key: answers to our question, and the word of a node that restarted. */
	private receiveAnswer(datagram: Buffer, nowMs: number): void {
		const reset = this.role === 'client' ? decodeReset(datagram) : undefined;
		if (
			reset &&
			this.resetToken?.equals(reset.proof) &&
			reset.serverId.equals(this.serverId)
		) {
			this.ended = { reason: 'reset' };
			return;
		}
		const answer =
			this.role === 'client' && !this.heard
				? decodeAnswer(datagram)
				: undefined;
		const { clientId, nonce } = this.options;
		if (!answer?.clientId.equals(clientId) || !answer.nonce.equals(nonce)) {
			this.stats.dropped.malformed++;
			return;
		}
		this.onAnswer(answer, nowMs);
	}

	private onAnswer(answer: Answer, nowMs: number): void {
		if (answer.type === 'busy') {
			const { retryAfterSeconds } = answer;
			this.ended =
				retryAfterSeconds > 0
					? { reason: 'busy', retryAfterSeconds }
					: { reason: 'busy' };
		} else if (answer.type === 'version') {
			this.ended = { reason: 'version', versions: answer.versions };
		} else if (
			!answer.serverId.equals(this.serverId) &&
			this.retries < MAX_RETRIES
		) {
			this.retries++;
			this.lastHeardMs = nowMs;
			this.serverId = Buffer.from(answer.serverId);
			this.token = Buffer.from(answer.token);
			this.epochs.restart(
				handshakeKeys(
					'client',
					this.options.clientId,
					this.serverId,
					this.token,
				),
			);
			this.resend(this.recovery.loseAll());
		}
	}

	/** When {@link expire} wants to be called next; Infinity = not before something comes. */
	deadlineMs(): number {
		if (this.ended) {
			return this.transmitter.hasLastWords ? 0 : Infinity;
		}
		return Math.min(
			this.endsAtMs(),
			this.acks.dueMs,
			this.recovery.deadlineMs,
			this.paths.deadlineMs,
			this.transmitter.readyAtMs,
			this.windowProbeAtMs,
			this.keepalives ? Math.min(this.keepaliveAtMs, this.stallAtMs) : Infinity,
		);
	}

	/** Only the device pings, and only once the handshake is done. */
	private get keepalives(): boolean {
		return this.role === 'client' && this.epochs.isConfirmed;
	}

	private nextKeepalive(nowMs: number): number {
		const [from, to] = KEEPALIVE_MS;
		return nowMs + from + this.options.random() * (to - from);
	}

	private endsAtMs(): number {
		if (this.epochs.isConfirmed) {
			return this.lastHeardMs + (this.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
		}
		const unanswered =
			this.options.resumed === true && !this.heard && this.retries === 0;
		return (
			this.startedMs + (unanswered ? HELLO_TIMEOUT_MS : HANDSHAKE_TIMEOUT_MS)
		);
	}

	/** Time has passed: acts on every deadline that is due. A flush() follows. */
	expire(nowMs: number): void {
		if (this.ended) {
			return;
		}
		if (nowMs >= this.endsAtMs()) {
			const reason = this.epochs.isConfirmed
				? 'idle'
				: this.heard || this.options.resumed !== true
					? 'handshake-timeout'
					: 'no-answer';
			this.ended = { reason };
			return;
		}
		if (nowMs >= this.recovery.deadlineMs) {
			this.onRecoveryDeadline(nowMs);
		}
		if (this.keepalives && nowMs >= this.keepaliveAtMs) {
			this.keepaliveAtMs = this.nextKeepalive(nowMs);
			this.transmitter.queue(PING);
		}
		if (this.keepalives && nowMs >= this.stallAtMs) {
			this.inARow = 0;
			this.stallAtMs = Infinity;
			this.transmitter.queue(PING);
		}
		if (nowMs >= this.windowProbeAtMs) {
			this.windowProbeAtMs = Infinity;
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

	/** Sends all that may be sent now. */
	flush(nowMs: number, send: (datagram: Buffer, to: Address) => void): void {
		if (!this.ended && this.receiving.limitIsStale) {
			this.acks.tellNow(nowMs);
		}
		const sent = this.transmitter.flush(nowMs, send);
		if (sent) {
			this.keepaliveAtMs = this.nextKeepalive(nowMs);
		}
		const blocked = this.sending.blocked && this.recovery.inFlight === 0;
		if (!blocked) {
			this.windowProbeAtMs = Infinity;
		} else if (this.windowProbeAtMs === Infinity) {
			this.windowProbeAtMs = nowMs + WINDOW_PROBE_MS;
		}
	}
}
