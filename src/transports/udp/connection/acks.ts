import { ackBytes, writeAck } from '../wire/frames.js';
import { AckSchedule } from './ack-schedule.js';
import type { AckSource } from './packet-builder.js';
import { ReceivedNumbers } from './received-numbers.js';

/** What of the other end's packets has arrived, and when it is told so. */
export class Acks implements AckSource {
	readonly received = new ReceivedNumbers();
	readonly #schedule = new AckSchedule();
	readonly #limits: { tellLimit(): number };
	#largestAtMs = 0;

	/** `limits`: each ACK tells how far the other end may send. */
	constructor(limits: { tellLimit(): number }) {
		this.#limits = limits;
	}

	/** When an ACK has to go; Infinity = none is owed. */
	get dueMs(): number {
		return this.#schedule.dueMs;
	}

	/** An ACK is owed at once: a copy came, or the window has opened. */
	tellNow(nowMs: number): void {
		this.#schedule.tellNow(nowMs);
	}

	onReceived(packetNumber: number, nowMs: number): void {
		if (packetNumber > this.received.largest) {
			this.#largestAtMs = nowMs;
		}
		this.received.add(packetNumber);
	}

	onEliciting(nowMs: number, atOnce: boolean): void {
		this.#schedule.onEliciting(nowMs, atOnce);
	}

	get isOwed(): boolean {
		return this.dueMs !== Infinity && this.bytes > 0;
	}

	get bytes(): number {
		const { ranges } = this.received;
		return ranges.length === 0 ? 0 : ackBytes(ranges);
	}

	write(datagram: Buffer, at: number, nowMs: number): number {
		this.#schedule.onSent();
		return writeAck(
			datagram,
			at,
			this.received.ranges,
			Math.max(0, nowMs - this.#largestAtMs),
			this.#limits.tellLimit(),
		);
	}
}
