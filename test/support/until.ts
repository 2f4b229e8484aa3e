import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds. The test's own time-out says when it never does. */
export async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await sleep(2);
	}
}

/** Resolves when something has closed, whether or not it failed before. */
export function closed(emitter: EventEmitter): Promise<void> {
	return new Promise((resolve) => {
		emitter.once('close', () => {
			resolve();
		});
	});
}
