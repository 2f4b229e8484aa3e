/** The numbers of this law; see `PacingOptions` for each. */
export interface LocalNumbers {
	readonly localPeriodMs: number;
}

/**
 * A name that does not resolve, no route, no proxy: an attempt that no node notices costs next to nothing and loads
 * nobody, so that it is repeated quickly for as long as it lasts, after 1 s, 2 s, 4 s ... up to the period, each
 * times 0.5 to 1.
 */
export function localMs(
	{ localPeriodMs }: LocalNumbers,
	failures: number,
	chance: number,
): { delayMs: number; windowMs: number } {
	const windowMs = Math.min(localPeriodMs, 1000 * 2 ** Math.min(30, failures));
	return { delayMs: windowMs * (0.5 + chance / 2), windowMs };
}
