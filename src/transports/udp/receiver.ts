import { Congestion } from './congestion.js';
import type { Connection } from './connection.js';
import { busyEnd } from './end.js';
import { CLOSE, decodeFrames, type Frame } from './frames.js';
import { handshakeKeys } from './keys.js';
import { MAX_RETRIES, TAG_BYTES } from './limits.js';
import { decodeAnswer, decodeReset, type Answer } from './keyless.js';
import { decodeProtected, destinationOf, idKey } from './packet.js';
import type { Address } from './path.js';

/** What a datagram does to its connection. */
export class Receiver {
	/** What proves that the node has forgotten the connection. */
	private resetToken: Buffer | undefined;
	private readonly clientKey: string;

	constructor(private readonly connection: Connection) {
		this.clientKey = idKey(connection.options.clientId);
	}

	receive(datagram: Buffer, from: Address, nowMs: number): void {
		const { connection } = this;
		const { role, stats, received, acks, epochs } = connection;
		const packet = decodeProtected(datagram);
		if (!packet) {
			this.receiveKeyless(datagram, nowMs);
			return;
		}
		const isForeign =
			packet.type === 'init' || destinationOf(datagram) !== this.clientKey;
		if (role === 'client' && isForeign) {
			stats.dropped.malformed++;
			return;
		}
		const refusal = epochs.check(datagram, packet.type === 'short');
		if (refusal) {
			stats.dropped[refusal]++;
			return;
		}
		connection.heard = true;
		const { packetNumber } = packet;
		if (received.has(packetNumber)) {
			// Our ACK was lost, or somebody plays packets back; either way one ACK harms nobody.
			stats.dropped.duplicate++;
			acks.tellNow(nowMs);
			return;
		}
		connection.timers.onHeard(nowMs);
		const frames = decodeFrames(
			datagram,
			packet.framesAt,
			datagram.length - TAG_BYTES,
		);
		if (!frames) {
			this.violate('malformed frame');
			return;
		}
		const { largest } = received;
		connection.paths.onAuthentic(
			from,
			datagram.length,
			packetNumber > largest,
			nowMs,
		);
		const atOnce = packet.ackNow || packetNumber !== largest + 1;
		if (this.process(frames, from, nowMs, atOnce)) {
			received.add(packetNumber);
			if (packetNumber > largest) {
				acks.largestAtMs = nowMs;
			}
		}
	}

	/** False when the packet found no room and counts as lost. */
	private process(
		frames: readonly Frame[],
		from: Address,
		nowMs: number,
		atOnce: boolean,
	): boolean {
		const { acks, timers } = this.connection;
		let eliciting = false;
		let ackNow = atOnce;
		for (const frame of frames) {
			eliciting ||= frame.type !== 'ack' && frame.type !== 'close';
			if (frame.type === 'stream') {
				if (!this.onStream(frame)) {
					return false;
				}
				ackNow ||= frame.fin;
			} else if (frame.type === 'ack') {
				this.onAck(frame, nowMs);
			} else {
				this.onControl(frame, from);
			}
		}
		if (eliciting) {
			acks.onEliciting(nowMs, ackNow);
			timers.onEliciting(nowMs);
		}
		return true;
	}

	private onStream({ offset, data, fin }: Frame & { type: 'stream' }): boolean {
		const reception = this.connection.receiving.receive(offset, data, fin);
		if (reception === 'violation') {
			this.violate('stream data out of bounds');
		}
		return reception !== 'refused';
	}

	private onAck(frame: Frame & { type: 'ack' }, nowMs: number): void {
		const { sending, recovery, congestion, transmitter } = this.connection;
		if (frame.ranges[0]!.high >= transmitter.nextNumber) {
			this.violate('ACK of a packet that was never sent');
			return;
		}
		sending.limit = Math.max(sending.limit, frame.limit);
		const { acknowledged, lost } = recovery.onAck(
			frame.ranges,
			frame.delayMs,
			nowMs,
		);
		for (const packet of acknowledged) {
			for (const segment of packet.segments) {
				sending.onAcknowledged(segment);
			}
			congestion.onAcknowledged(
				packet,
				transmitter.nextNumber,
				recovery.roundTrip,
				nowMs,
				transmitter.limited,
			);
		}
		this.connection.onLost(lost, nowMs);
	}

	private onControl(
		frame: Exclude<Frame, { type: 'stream' | 'ack' }>,
		from: Address,
	): void {
		const { connection } = this;
		switch (frame.type) {
			case 'ping':
				break;
			case 'path-challenge':
				connection.paths.onChallenge(frame.data, from);
				break;
			case 'path-response':
				this.onPathResponse(frame.data, from);
				break;
			case 'key-confirm':
				this.resetToken ??= Buffer.from(frame.resetToken);
				break;
			case 'new-token':
				connection.onNextToken({
					serverId: Buffer.from(frame.serverId),
					token: Buffer.from(frame.token),
				});
				break;
			case 'close':
				this.onClose(frame.code);
				break;
		}
	}

	/** What was in flight went to an address that is dead now; only another host is another path. */
	private onPathResponse(data: Buffer, from: Address): void {
		const { connection } = this;
		const left = connection.paths.onResponse(data, from);
		if (!left) {
			return;
		}
		connection.stats.moves++;
		connection.resend(connection.recovery.loseAll());
		if (left.address !== from.address) {
			connection.congestion = new Congestion();
			connection.recovery.roundTrip.forget();
		}
	}

	private onClose(code: number): void {
		const { receiving, sending } = this.connection;
		const inOrder =
			code === CLOSE.done && receiving.complete && sending.finSent;
		this.connection.vanish(
			inOrder ? { reason: 'done' } : { reason: 'closed', code },
		);
	}

	private violate(rule: string): void {
		this.connection.close(CLOSE.violation, { reason: 'violation', rule });
	}

	/** What may come to a device without a key: answers to its question, and the word of a node that restarted. */
	private receiveKeyless(datagram: Buffer, nowMs: number): void {
		const { role, heard, serverId, options, stats } = this.connection;
		const reset = role === 'client' ? decodeReset(datagram) : undefined;
		if (
			reset?.serverId.equals(serverId) &&
			this.resetToken?.equals(reset.proof)
		) {
			this.connection.vanish({ reason: 'reset' });
			return;
		}
		const answer =
			role === 'client' && !heard ? decodeAnswer(datagram) : undefined;
		if (
			answer?.clientId.equals(options.clientId) &&
			answer.nonce.equals(options.nonce)
		) {
			this.onAnswer(answer, nowMs);
		} else {
			stats.dropped.malformed++;
		}
	}

	private onAnswer(answer: Answer, nowMs: number): void {
		if (answer.type === 'busy') {
			this.connection.vanish(busyEnd(answer.retryAfterSeconds));
		} else if (answer.type === 'version') {
			this.connection.vanish({ reason: 'version', versions: answer.versions });
		} else {
			this.restart(answer, nowMs);
		}
	}

	/** The node does not take the token: the handshake begins again with the one that it gave. */
	private restart(
		{ serverId, token }: Answer & { type: 'retry' },
		nowMs: number,
	): void {
		const { connection } = this;
		if (
			serverId.equals(connection.serverId) ||
			connection.retries === MAX_RETRIES
		) {
			return;
		}
		connection.retries++;
		connection.timers.onHeard(nowMs);
		connection.serverId = Buffer.from(serverId);
		connection.token = Buffer.from(token);
		const { clientId } = connection.options;
		connection.epochs.restart(
			handshakeKeys('client', clientId, connection.serverId, connection.token),
		);
		connection.resend(connection.recovery.loseAll());
	}
}
