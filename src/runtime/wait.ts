import type { Clock } from './clock.js';
import { onAbort } from './on-abort.js';

/**
 * Waits on the clock. Rejects with the signal's reason when it is aborted, at once if it already was;
 * either way neither the timer nor the listener stays behind.
 */
export function wait(
	clock: Clock,
	delayMs: number,
	signal?: AbortSignal,
): Promise<void> {
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const timer = clock.setTimer(delayMs, () => {
			release?.();
			resolve();
		});
		const release =
			signal &&
			onAbort(signal, () => {
				timer.cancel();
				reject(signal.reason as Error);
			});
	});
}
