import {
	ACK_AT_FIRST_PACKETS,
	ACK_DELAY_MS,
	ACK_EVERY,
	ACK_EVERY_AT_FIRST,
} from '../wire/limits.js';

/**
 * When an ACK is due: every second packet at first, later every tenth or after 8 ms; at once when something
 * looks wrong (a gap, a copy), when the stream ends, or when the sender asks.
 */
export class AckSchedule {
	#unacknowledged = 0;
	#received = 0;
	/** When the ACK has to go; Infinity = none is owed. */
	dueMs = Infinity;

	onEliciting(nowMs: number, atOnce: boolean): void {
		this.#received++;
		this.#unacknowledged++;
		const every =
			this.#received <= ACK_AT_FIRST_PACKETS ? ACK_EVERY_AT_FIRST : ACK_EVERY;
		if (atOnce || this.#unacknowledged >= every) {
			this.dueMs = nowMs;
		} else if (this.dueMs === Infinity) {
			this.dueMs = nowMs + ACK_DELAY_MS;
		}
	}

	/** A copy came, or the window opened: tell the state of things now. */
	tellNow(nowMs: number): void {
		this.dueMs = Math.min(this.dueMs, nowMs);
	}

	onSent(): void {
		this.#unacknowledged = 0;
		this.dueMs = Infinity;
	}
}
