import { wait, type Clock } from '../runtime/index.js';
import type { Held } from './links.js';

/** A link counts as quiet when it moves less than this in {@link CHECK_MS}. */
const QUIET_BYTES = 4_096;
const CHECK_MS = 10_000;
/** There may never be a quiet time; then the move is made all the same. */
const PATIENCE_MS = 600_000;

/** Waits until hardly anything moves through the link, for a limited time. */
export async function waitForQuiet(
	{ link }: Held,
	clock: Clock,
	signal: AbortSignal,
): Promise<void> {
	const countBytes = () => {
		const { bytesIn, bytesOut } = link.stats();
		return bytesIn + bytesOut;
	};
	for (let leftMs = PATIENCE_MS, before = countBytes(); leftMs > 0;) {
		await wait(clock, CHECK_MS, signal);
		leftMs -= CHECK_MS;
		const now = countBytes();
		if (now - before < QUIET_BYTES && link.stats().openStreams === 0) {
			return;
		}
		before = now;
	}
}
