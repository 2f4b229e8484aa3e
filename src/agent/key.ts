import { toError } from '../errors.js';
import { DialError, outcome } from '../outcome.js';
import { untilAborted, type Clock } from '../runtime/index.js';
import { deadline } from './deadline.js';

/** The device key, or a function that gives it; it is asked afresh for each attempt. */
export type KeySource = string | (() => string | Promise<string>);

function unavailable(message: string, cause?: unknown): DialError {
	return new DialError(
		outcome('key-unavailable', message, {
			...(cause === undefined ? {} : { cause: toError(cause) }),
		}),
	);
}

/**
 * Reads the key for one attempt. Whatever a user's function throws, a TypeError too, becomes an outcome:
 * it never ends the agent's loop. One that does not answer within `withinMs` is given up.
 */
export async function readKey(
	source: KeySource | undefined,
	withinMs: number,
	clock: Clock,
	signal: AbortSignal,
): Promise<string | undefined> {
	signal.throwIfAborted();
	if (typeof source !== 'function') {
		return source;
	}
	const bound = deadline(clock, signal, {
		afterMs: withinMs,
		reason: () =>
			unavailable(
				`The function that supplies the device key did not answer within ${withinMs} ms.`,
			),
	});
	let key: unknown;
	try {
		key = await untilAborted((async () => await source())(), bound.signal);
	} catch (error) {
		bound.signal.throwIfAborted();
		throw unavailable(
			'The function that supplies the device key failed; see the cause.',
			error,
		);
	} finally {
		bound.release();
	}
	if (typeof key !== 'string' || !/^[\x20-\x7e]{1,256}$/.test(key)) {
		throw unavailable(
			'The function that supplies the device key did not return 1 to 256 printable characters.',
		);
	}
	return key;
}
