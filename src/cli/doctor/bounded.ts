import { wait, type Clock } from '../../runtime/index.js';
import { CHECK_TIMEOUT_MS } from './finding.js';

/** Rejects with ETIMEDOUT when the work takes longer than a check may. */
export async function bounded<T>(
	clock: Clock,
	work: Promise<T>,
	onTimeout?: () => void,
): Promise<T> {
	const done = new AbortController();
	const late = wait(clock, CHECK_TIMEOUT_MS, done.signal).then(() => {
		onTimeout?.();
		throw Object.assign(
			new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`),
			{ code: 'ETIMEDOUT' },
		);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		late.catch(() => undefined);
		done.abort();
	}
}
