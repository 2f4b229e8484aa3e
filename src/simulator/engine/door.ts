import { outcome, type Outcome } from '../../outcome.js';

/** What came of an attempt. */
export interface Answer {
	/** How long after the attempt began it was known. */
	readonly afterMs: number;
	/** Absent when the attempt made a link. */
	readonly refusal?: Outcome;
}

/** What a fleet dials: a node, or several behind a balancer. Attempts come in the order of time. */
export interface Door {
	attempt(device: number, nowMs: number): Answer;
}

export const ACCEPTED: Answer = { afterMs: 0 };

/** A refusal that carries no hint and comes at once: the same object each time, since a herd makes millions. */
export const RESET: Answer = {
	afterMs: 0,
	refusal: outcome('early-reset', 'The node reset the connection.'),
};

export const REFUSED: Answer = {
	afterMs: 0,
	refusal: outcome('connect-refused', 'The node is down.'),
};

/** A 429 with a Retry-After of so many seconds. */
export function throttled(retryAfterSeconds: number): Answer {
	return {
		afterMs: 0,
		refusal: outcome('http-429', 'The node asks to come back later.', {
			hint: { retryAfterMs: retryAfterSeconds * 1000 },
		}),
	};
}
