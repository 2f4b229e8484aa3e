import type { Range } from '../wire/frames.js';
import { MAX_RANGES_KEPT } from '../wire/limits.js';

/** The packet numbers that were received, newest range first, and so which packet is a copy. */
export class ReceivedNumbers {
	readonly ranges: Range[] = [];
	/** Everything below counts as received: what fell off the end of the list is never asked about again. */
	#floor = 0;

	get largest(): number {
		return this.ranges[0]?.high ?? -1;
	}

	has(packetNumber: number): boolean {
		if (packetNumber < this.#floor) {
			return true;
		}
		for (const range of this.ranges) {
			if (packetNumber > range.high) {
				return false;
			}
			if (packetNumber >= range.low) {
				return true;
			}
		}
		return false;
	}

	/** Adds a number that {@link has} denied. */
	add(packetNumber: number): void {
		const { ranges } = this;
		let i = 0;
		while (i < ranges.length && ranges[i]!.low > packetNumber) {
			i++;
		}
		// It lies between ranges[i - 1] (newer) and ranges[i] (older).
		const newer = ranges[i - 1];
		const older = ranges[i];
		const joinsOlder = older?.high === packetNumber - 1;
		if (newer?.low === packetNumber + 1) {
			newer.low = joinsOlder ? older.low : packetNumber;
			if (joinsOlder) {
				ranges.splice(i, 1);
			}
		} else if (joinsOlder) {
			older.high = packetNumber;
		} else {
			ranges.splice(i, 0, { low: packetNumber, high: packetNumber });
			if (ranges.length > MAX_RANGES_KEPT) {
				this.#floor = ranges.pop()!.high + 1;
			}
		}
	}
}
