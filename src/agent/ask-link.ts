import { outcome } from '../outcome.js';
import { debug } from './debug.js';
import type { LifetimeEnd } from './link-lifetime.js';
import type { Held } from './links.js';

/** A radio that wakes up takes a second or two. */
const LEAST_DEADLINE_MS = 5_000;
const DEADLINE_ROUND_TRIPS = 4;

/**
 * Asks a link for a sign of life after the device's network changed, and says how it has to end: at once when it has none;
 * once its successor is up when it still works over an uplink that the system would no longer take. Undefined when it is
 * good, or cannot be asked.
 */
export async function askLink({
	link,
}: Held): Promise<Extract<LifetimeEnd, { type: 'leave' }> | undefined> {
	const deadlineMs = Math.max(
		LEAST_DEADLINE_MS,
		DEADLINE_ROUND_TRIPS * (link.stats().roundTripMs ?? 0),
	);
	try {
		const sign = await link.checkLiveness?.(deadlineMs);
		debug('the network changed, and the link to %s is %s', link.node, sign);
		switch (sign) {
			case 'dead':
				return {
					type: 'leave',
					serving: false,
					outcome: outcome(
						'link-silent',
						`The network changed, and nothing came from the node within ${deadlineMs / 1000} s.`,
					),
				};
			case 'moved':
				return {
					type: 'leave',
					serving: true,
					outcome: outcome(
						'superseded',
						'The network changed, and there is a better way to the node now.',
					),
				};
			default:
				return undefined;
		}
	} catch (thrown) {
		// A transport of somebody else's may break the rule that this never rejects.
		debug('asking a link failed: %o', thrown);
		return undefined;
	}
}
