import { onAbort, type Clock } from '../runtime/index.js';

/** How much longer than it was told a transport may take before it is given up: openvpn has 5 s to end on SIGTERM. */
export const MARGIN_MS = 7_000;

/**
 * Settles as the work does; but where it goes on for {@link MARGIN_MS} after the signal, as if nobody had told it, it
 * rejects with the signal's reason and leaves the work behind.
 */
export function untilGivenUp<T>(
	work: Promise<T>,
	clock: Clock,
	signal: AbortSignal,
	onGivenUp: () => void,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const giveUp = () => {
			const timer = clock.setTimer(MARGIN_MS, () => {
				onGivenUp();
				reject(signal.reason as Error);
			});
			const cancel = () => {
				timer.cancel();
			};
			work.then(cancel, cancel);
		};
		const release = onAbort(signal, giveUp);
		if (signal.aborted) {
			giveUp();
		}
		work.then(resolve, reject).finally(release);
	});
}
