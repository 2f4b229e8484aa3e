import type { Patience } from './policy.js';
import {
	RESET,
	silent,
	unanswered,
	type Answer,
	type Door,
	type Stage,
} from './door.js';

/** What comes when the backlog is full. */
export type BacklogFull = 'reset' | 'silent';

export interface QueueNodeOptions {
	/** Served a second. */
	readonly acceptRate: number;
	/** Work that may wait, in seconds; Infinity where nothing bounds it. */
	readonly backlogSeconds: number;
	readonly backlogFull: BacklogFull;
	readonly stage: Stage;
	/** What an entry costs whose device has left, as a share of a served one. */
	readonly abandonedCost: number;
}

/** When a SYN that was not answered is sent again, from the first one on (Linux: 1 s, doubled). */
const SYN_AGAIN_MS = [1000, 3000, 7000, 15_000, 31_000, 63_000, 127_000];

/**
 * A node that refuses nobody: it takes every connection and serves one after the other (HAProxy's `rate-limit
 * sessions`, a slow TLS handshake, a slow login). Nobody tells it that a device has left, so that the entry costs
 * a turn all the same; and since the queue is first come, first served, what becomes of an entry is known when it
 * comes.
 */
export class QueueNode implements Door {
	readonly #options: QueueNodeOptions;
	/** When all that waits now is done. */
	#freeAtMs = 0;
	/** Devices whose SYN was dropped, and when they first sent it. */
	readonly #knocking = new Map<number, number>();

	constructor(options: QueueNodeOptions) {
		this.#options = options;
	}

	attempt(device: number, nowMs: number, patience: Patience): Answer {
		const { acceptRate, backlogSeconds, backlogFull, stage, abandonedCost } =
			this.#options;
		const waitMs = Math.max(0, this.#freeAtMs - nowMs);
		if (waitMs > backlogSeconds * 1000) {
			return backlogFull === 'reset'
				? RESET
				: this.#dropSyn(device, nowMs, patience.connectMs);
		}
		this.#knocking.delete(device);
		const turnMs = 1000 / acceptRate;
		const { answerMs, keptMs } = patience;
		const doneMs = waitMs + turnMs;
		if (doneMs <= Math.max(answerMs, keptMs)) {
			this.#freeAtMs = nowMs + doneMs;
			return doneMs <= answerMs
				? { afterMs: doneMs }
				: silent(stage, answerMs, doneMs);
		}
		this.#freeAtMs = nowMs + waitMs + turnMs * abandonedCost;
		return silent(stage, answerMs);
	}

	#dropSyn(device: number, nowMs: number, connectMs: number): Answer {
		const sinceMs = this.#knocking.get(device) ?? nowMs;
		this.#knocking.set(device, sinceMs);
		const spentMs = nowMs - sinceMs;
		// Clocks of floating point: the SYN of this very moment is not sent again.
		const next = SYN_AGAIN_MS.find((at) => at > spentMs + 0.5);
		if (next !== undefined && next < connectMs) {
			return { afterMs: next - spentMs, again: true };
		}
		this.#knocking.delete(device);
		return unanswered(connectMs - spentMs);
	}
}
