import { outcome } from '../../outcome.js';
import { RESET, type Answer, type Door } from './door.js';

/** A node that has to ask somebody else about each device, and for whom that takes long. */
export interface SlowNodeOptions {
	/** Authentications that run at once. */
	readonly workers: number;
	/** How long one takes when it begins at an instant. */
	readonly secondsAt: (nowMs: number) => number;
	/** Longest wait in the queue; who would wait longer is reset at once. */
	readonly queueSeconds: number;
	/** A client that has no answer by then leaves. Its authentication is done nevertheless: nobody tells the node. */
	readonly giveUpSeconds: number;
}

/**
 * A queue in front of a slow authentication, first come, first served. Work that is done for those who have left is what makes
 * such an overload outlive its cause.
 */
export class SlowNode implements Door {
	/** When each worker is free: a ring, since the queue hands out work in the order of these times. */
	private readonly freeAtMs: Float64Array;
	private next = 0;
	private readonly givenUp: Answer;

	constructor(private readonly options: SlowNodeOptions) {
		this.freeAtMs = new Float64Array(options.workers);
		this.givenUp = {
			afterMs: options.giveUpSeconds * 1000,
			refusal: outcome('upgrade-timeout', 'The node did not answer in time.'),
		};
	}

	attempt(_device: number, nowMs: number): Answer {
		const { secondsAt, queueSeconds, giveUpSeconds, workers } = this.options;
		const startMs = Math.max(nowMs, this.freeAtMs[this.next]!);
		if (startMs - nowMs > queueSeconds * 1000) {
			return RESET;
		}
		const doneMs = startMs + secondsAt(startMs) * 1000;
		this.freeAtMs[this.next] = doneMs;
		this.next = (this.next + 1) % workers;
		return doneMs - nowMs > giveUpSeconds * 1000
			? this.givenUp
			: { afterMs: doneMs - nowMs };
	}
}
