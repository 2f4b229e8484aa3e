import { isIP } from 'node:net';

import { toError } from '../../errors.js';
import { DialError, outcome } from '../../outcome.js';
import { untilAborted, type Clock } from '../../runtime/index.js';
import { systemLookup as lookup } from '../../system-lookup.js';
import type { NodeAddress } from '../../transport.js';

/** More addresses of one node than this are not tried in one attempt. */
export const MOST_ADDRESSES = 4;

/** Looks a name up; as `dns.promises.lookup` with `all`. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** The system's own resolver, with its order of address families. */
export const systemLookup: Lookup = async (host) => {
	const found = await lookup(host);
	return found.map(({ address }) => address);
};

export interface ResolveBounds {
	readonly clock: Clock;
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
}

/**
 * The addresses to dial for a node. Openvpn could resolve by itself, but stands still while it does: it
 * would not end when it is told to.
 */
export async function resolveNode(
	node: NodeAddress,
	lookUp: Lookup,
	bounds: ResolveBounds,
): Promise<readonly string[]> {
	if (node.addresses && node.addresses.length > 0) {
		return node.addresses.slice(0, MOST_ADDRESSES);
	}
	const host = node.host.replace(/^\[(.*)\]$/, '$1');
	if (isIP(host) !== 0) {
		return [host];
	}
	const { clock, deadlineMs, signal } = bounds;
	const late = new AbortController();
	const timer = clock.setTimer(deadlineMs, () => {
		late.abort(new Error('DNS does not answer'));
	});
	let found: readonly string[];
	try {
		found = await untilAborted(
			lookUp(host),
			AbortSignal.any([signal, late.signal]),
		);
	} catch (thrown) {
		signal.throwIfAborted();
		const cause = toError(thrown);
		throw new DialError(
			outcome('dns-failed', `${host} cannot be resolved: ${cause.message}`, {
				cause,
			}),
		);
	} finally {
		timer.cancel();
	}
	if (found.length === 0) {
		throw new DialError(outcome('dns-failed', `${host} has no address`));
	}
	return found.slice(0, MOST_ADDRESSES);
}
