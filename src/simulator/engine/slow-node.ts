import type { Patience } from './policy.js';
import { RESET, silent, type Answer, type Door } from './door.js';

/** A node that has to ask somebody else about each device, and for whom that takes long. */
export interface SlowNodeOptions {
	/** Authentications that run at once. */
	readonly workers: number;
	/** How long one takes when it begins at an instant. */
	readonly secondsAt: (nowMs: number) => number;
	/** Longest wait in the queue; who would wait longer is reset at once. */
	readonly queueSeconds: number;
	/**
	 * A client that has no answer by then leaves. Its authentication is done nevertheless: nobody tells the node.
	 *
	 * @default what its policy has patience for
	 */
	readonly giveUpSeconds?: number | undefined;
}

/**
 * A queue in front of a slow authentication, first come, first served. Work that is done for those who have left is what makes
 * such an overload outlive its cause.
 */
export class SlowNode implements Door {
	/** When each worker is free: a ring, since the queue hands out work in the order of these times. */
	readonly #options: SlowNodeOptions;
	readonly #freeAtMs: Float64Array;
	#next = 0;

	constructor(options: SlowNodeOptions) {
		this.#options = options;
		this.#freeAtMs = new Float64Array(options.workers);
	}

	attempt(_device: number, nowMs: number, patience: Patience): Answer {
		const { secondsAt, queueSeconds, giveUpSeconds, workers } = this.#options;
		const giveUpMs =
			giveUpSeconds === undefined ? patience.answerMs : giveUpSeconds * 1000;
		const startMs = Math.max(nowMs, this.#freeAtMs[this.#next]!);
		if (startMs - nowMs > queueSeconds * 1000) {
			return RESET;
		}
		const doneMs = startMs + secondsAt(startMs) * 1000;
		this.#freeAtMs[this.#next] = doneMs;
		this.#next = (this.#next + 1) % workers;
		return doneMs - nowMs > giveUpMs
			? silent('upgrade', giveUpMs)
			: { afterMs: doneMs - nowMs };
	}
}
