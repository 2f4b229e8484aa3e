import type { PacingOptions } from './options.js';

/** What an attempt costs of the budget of bytes: a TLS handshake and a refusal. */
export const ATTEMPT_BYTES = 8192;

const HOUR_MS = 3600 * 1000;

/** What is left to spend. Refilled with time up to one hour's worth; may go below zero. */
export interface Budget {
	readonly attempts: number;
	readonly bytes: number;
	readonly atMs: number;
}

export function fullBudget(options: PacingOptions): Budget {
	return {
		attempts: options.attemptsPerHour,
		bytes: options.bytesPerHour ?? 0,
		atMs: 0,
	};
}

function refilled(left: number, perHour: number, forMs: number): number {
	return Math.min(perHour, left + (perHour * forMs) / HOUR_MS);
}

/** The budget at a moment. Time that runs backwards (another boot's clock) refills nothing. */
export function refill(
	budget: Budget,
	options: PacingOptions,
	nowMs: number,
): Budget {
	const forMs = Math.max(0, nowMs - budget.atMs);
	return {
		attempts: refilled(budget.attempts, options.attemptsPerHour, forMs),
		bytes: refilled(budget.bytes, options.bytesPerHour ?? 0, forMs),
		atMs: nowMs,
	};
}

/** Takes what was used. A debt of more than one hour's worth is not kept, so that the wait stays bounded. */
export function charge(
	budget: Budget,
	options: PacingOptions,
	used: { readonly attempts: number; readonly bytes: number },
	nowMs: number,
): Budget {
	const { attempts, bytes, atMs } = refill(budget, options, nowMs);
	return {
		attempts: Math.max(-options.attemptsPerHour, attempts - used.attempts),
		bytes: Math.max(-(options.bytesPerHour ?? 0), bytes - used.bytes),
		atMs,
	};
}

/** How long until one more attempt can be paid; 0 where it can be now. At most two hours. */
export function untilAffordableMs(
	budget: Budget,
	options: PacingOptions,
	nowMs: number,
): number {
	const { attempts, bytes } = refill(budget, options, nowMs);
	const forAttempt = ((1 - attempts) / options.attemptsPerHour) * HOUR_MS;
	const { bytesPerHour } = options;
	const cost = Math.min(ATTEMPT_BYTES, bytesPerHour ?? 0);
	const forBytes =
		bytesPerHour === undefined ? 0 : ((cost - bytes) / bytesPerHour) * HOUR_MS;
	return Math.ceil(Math.max(0, forAttempt, forBytes));
}
