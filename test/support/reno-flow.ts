import type { Address } from '../../src/transports/udp/wire/address.js';
import type { UdpNetwork } from './udp-network.js';

const SEGMENT_BYTES = 1448;
/** With the headers of IP, TCP and its timestamps, as they take room in a queue. */
const PACKET_BYTES = 1500;
const LEAST_TIMEOUT_MS = 200;

/**
 * TCP as RFC 5681 and 6675 have it: slow start, AIMD, selective acknowledgement, a time-out. A model to be
 * fair to, on the same emulated path; the bench compares with the kernel's.
 */
export class RenoFlow {
	private next = 0;
	private window = 10;
	private threshold = Infinity;
	private recoverUntil = -1;
	private readonly unacknowledged = new Map<
		number,
		{ sentMs: number; lost: boolean }
	>();
	private readonly received = new Set<number>();
	private smoothedMs = 100;
	private lastProgressMs = 0;

	constructor(
		private readonly network: UdpNetwork,
		private readonly sender: Address,
		private readonly receiver: Address,
	) {
		network.add(sender, {
			receive: (datagram) => {
				this.onAck(datagram.readUInt32BE(0));
			},
			turn: () => {
				this.turn();
			},
			deadlineMs: () => this.lastProgressMs + this.timeoutMs,
		});
		network.add(receiver, {
			receive: (datagram) => {
				const packet = datagram.readUInt32BE(0);
				this.received.add(packet);
				const ack = Buffer.alloc(52);
				ack.writeUInt32BE(packet);
				network.send(ack, receiver, sender);
			},
			turn: () => undefined,
			deadlineMs: () => Infinity,
		});
	}

	get receivedBytes(): number {
		return this.received.size * SEGMENT_BYTES;
	}

	private get timeoutMs(): number {
		return Math.max(LEAST_TIMEOUT_MS, 2 * this.smoothedMs);
	}

	private onAck(packet: number): void {
		const sent = this.unacknowledged.get(packet);
		if (!sent) {
			return;
		}
		this.unacknowledged.delete(packet);
		this.smoothedMs +=
			0.125 * (this.network.nowMs - sent.sentMs - this.smoothedMs);
		this.lastProgressMs = this.network.nowMs;
		if (packet > this.recoverUntil) {
			this.window += this.window < this.threshold ? 1 : 1 / this.window;
		}
		for (const [other, state] of this.unacknowledged) {
			if (other > packet - 3) {
				break;
			}
			if (!state.lost) {
				state.lost = true;
				this.onLoss(other);
			}
		}
	}

	private onLoss(packet: number): void {
		if (packet > this.recoverUntil) {
			this.threshold = Math.max(2, this.window / 2);
			this.window = this.threshold;
			this.recoverUntil = this.next - 1;
		}
	}

	/** What was lost is sent again as a new packet: the model counts bytes, not their order. */
	private turn(): void {
		const { nowMs } = this.network;
		// As deadlineMs has it: a difference may be rounded to less, and time would stand still.
		if (nowMs >= this.lastProgressMs + this.timeoutMs) {
			this.lastProgressMs = nowMs;
			this.threshold = Math.max(2, this.window / 2);
			this.window = 1;
			this.unacknowledged.clear();
		}
		for (const [packet, { lost }] of this.unacknowledged) {
			if (lost) {
				this.unacknowledged.delete(packet);
			}
		}
		while (this.unacknowledged.size < Math.floor(this.window)) {
			const datagram = Buffer.alloc(PACKET_BYTES);
			datagram.writeUInt32BE(this.next);
			this.unacknowledged.set(this.next, { sentMs: nowMs, lost: false });
			this.next++;
			this.network.send(datagram, this.sender, this.receiver);
		}
	}
}
