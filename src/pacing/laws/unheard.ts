/** The numbers of this law; see `PacingOptions` for each. */
export interface UnheardNumbers {
	readonly localPeriodMs: number;
	readonly backoffPeriodMs: number;
}

/** The wait grows to this share of the time since the link was lost. */
const SHARE = 1 / 4;

/**
 * A link that fell silent, and attempts that nothing answers: not a reset, not a refusal. That is how a device sees that its own
 * path is gone, and then no node is loaded by its attempts; so they are repeated within localPeriodMs, and later within a quarter
 * of the time that it has lasted, each times 0.5 to 1, until that is longer than the period of back-off.
 *
 * A node that vanishes without a word looks the same, to its whole fleet. What comes back too early then is bounded by the
 * share: after an outage of six minutes it is no more than by back-off.
 */
export function unheardMs(
	{ localPeriodMs, backoffPeriodMs }: UnheardNumbers,
	sinceLossMs: number,
	chance: number,
): { delayMs: number; windowMs: number } {
	const windowMs = Math.min(
		backoffPeriodMs,
		Math.max(localPeriodMs, SHARE * sinceLossMs),
	);
	return { delayMs: windowMs * (0.5 + chance / 2), windowMs };
}
