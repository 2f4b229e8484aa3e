import type { Random } from '../../../runtime/index.js';
import type { Range } from '../wire/frames.js';

/** Skipped numbers that are remembered: an ACK that arrives lies between the newest of them. */
const MOST_REMEMBERED = 16;

/**
 * Hands out packet numbers, and leaves one out now and then: whoever acknowledges it acknowledges what it has not
 * received, to be sent more than its path carries (RFC 9000, 21.4).
 */
export class PacketNumbers {
	next = 0;
	readonly #random: Random;
	readonly #skipped: number[] = [];
	#skipAt: number;

	constructor(random: Random) {
		this.#random = random;
		this.#skipAt = this.#draw(0, 0);
	}

	#draw(from: number, windowPackets: number): number {
		// About once a window, so that a lie is seldom older than a round trip.
		return (
			from + 8 + Math.floor(this.#random() * Math.max(16, 2 * windowPackets))
		);
	}

	/** The next number for a packet with stream bytes. */
	take(windowPackets: number): number {
		if (this.next >= this.#skipAt) {
			this.#skipped.push(this.next++);
			if (this.#skipped.length > MOST_REMEMBERED) {
				this.#skipped.shift();
			}
			this.#skipAt = this.#draw(this.next, windowPackets);
		}
		return this.next++;
	}

	/** Whether all of these packets were sent. */
	wereSent(ranges: readonly Range[]): boolean {
		if (ranges[0]!.high >= this.next) {
			return false;
		}
		for (const skipped of this.#skipped) {
			for (const { low, high } of ranges) {
				if (low <= skipped) {
					if (skipped <= high) {
						return false;
					}
					break;
				}
			}
		}
		return true;
	}
}
