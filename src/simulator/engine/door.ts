import { outcome, type Outcome } from '../../outcome.js';
import type { Patience } from './policy.js';

/** What came of an attempt. */
export interface Answer {
	/** How long after the attempt began it was known. */
	readonly afterMs: number;
	/** Absent when the attempt made a link. */
	readonly refusal?: Outcome;
	/** The attempt was silent; so long after it began it is answered, if it is kept until then (Infinity: never). */
	readonly lateMs?: number;
	/** Nothing is decided yet: the same attempt knocks again after `afterMs`. */
	readonly again?: true;
}

/** What a fleet dials: a node, or several behind a balancer. Attempts come in the order of time. */
export interface Door {
	attempt(device: number, nowMs: number, patience: Patience): Answer;
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

export const UNAVAILABLE: Answer = {
	afterMs: 0,
	refusal: outcome('http-503', 'The node is not available.'),
};

export const BAD_KEY: Answer = {
	afterMs: 0,
	refusal: outcome('http-401', 'The node does not know the key.'),
};

/** Where a device that waits for its turn sees the silence. */
export type Stage = 'tls' | 'upgrade' | 'login';
/** The stages of an attempt, in order. */
export const STAGES: readonly Stage[] = ['tls', 'upgrade', 'login'];

const SILENCE: Readonly<Record<Stage | 'connect', Outcome>> = {
	connect: outcome('connect-timeout', 'The node did not take the connection.'),
	tls: outcome('tls-timeout', 'The node did not answer in the TLS handshake.'),
	upgrade: outcome('upgrade-timeout', 'The node did not answer the upgrade.'),
	login: outcome('no-push-reply', 'The node did not answer the login.'),
};

/** Nothing came in the time that the device gave it. */
export function silent(
	stage: Stage,
	afterMs: number,
	lateMs = Infinity,
): Answer {
	return { afterMs, refusal: SILENCE[stage], lateMs };
}

/** Not even the connection was taken. */
export function unanswered(afterMs: number): Answer {
	return { afterMs, refusal: SILENCE.connect };
}

/** A 429 with a Retry-After of so many seconds. */
export function throttled(retryAfterSeconds: number): Answer {
	return {
		afterMs: 0,
		refusal: outcome('http-429', 'The node asks to come back later.', {
			hint: { retryAfterMs: retryAfterSeconds * 1000 },
		}),
	};
}

/** A 429 that says how long the whole fleet takes, and no time to come back. */
export function windowAtDoor(reconnectWindowMs: number): Answer {
	return {
		afterMs: 0,
		refusal: outcome('http-429', 'The node asks to come back later.', {
			hint: { reconnectWindowMs },
		}),
	};
}
