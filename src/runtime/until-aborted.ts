import { toError } from '../errors.js';
import { onAbort } from './on-abort.js';

/** Waits for a promise that cannot be cancelled itself; rejects with the signal's reason when that comes first. */
export async function untilAborted<T>(
	promise: Promise<T>,
	signal: AbortSignal,
): Promise<T> {
	signal.throwIfAborted();
	let release!: () => void;
	const aborted = new Promise<never>((_, reject) => {
		release = onAbort(signal, () => {
			reject(toError(signal.reason));
		});
	});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		release();
	}
}
