import { ackBytes, writeAck } from '../wire/encode-frames.js';
import { LONGEST_PROBE_MS, MAX_RANGES_TOLD } from '../wire/limits.js';
import { AckSchedule } from './ack-schedule.js';
import type { AckSource } from './packet-builder.js';
import { ReceivedNumbers } from './received-numbers.js';

/** The other end has probed since. */
const OLD_NEWS_MS = 2 * LONGEST_PROBE_MS;

/** What of the other end's packets has arrived, and when it is told so. */
export class Acks implements AckSource {
	readonly received = new ReceivedNumbers();
	readonly #schedule = new AckSchedule();
	readonly #limits: { tellLimit(): number };
	#largestAtMs = 0;
	/** Ranges below are old news: the largest as of a while ago. */
	#toldFrom = 0;
	#nextToldFrom = 0;
	#nextToldAtMs = -Infinity;

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
		const count = this.#countTold();
		return count === 0 ? 0 : ackBytes(count);
	}

	/**
	 * How many ranges are told, the newest first. What came long before the other end's last probe is not told any more (RFC 9000,
	 * 13.2.3): each ACK of an idle link would otherwise hold all gaps there ever were.
	 */
	#countTold(): number {
		const { ranges } = this.received;
		let count = 0;
		while (
			count < ranges.length &&
			count < MAX_RANGES_TOLD &&
			ranges[count]!.high >= this.#toldFrom
		) {
			count++;
		}
		return count;
	}

	write(datagram: Buffer, at: number, nowMs: number): number {
		this.#schedule.onSent();
		if (nowMs - this.#nextToldAtMs >= OLD_NEWS_MS) {
			this.#toldFrom = this.#nextToldFrom;
			this.#nextToldFrom = Math.max(0, this.received.largest);
			this.#nextToldAtMs = nowMs;
		}
		return writeAck(
			datagram,
			at,
			this.received.ranges,
			Math.max(0, nowMs - this.#largestAtMs),
			this.#limits.tellLimit(),
			this.#countTold(),
		);
	}
}
