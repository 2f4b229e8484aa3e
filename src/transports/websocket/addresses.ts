import { isIP } from 'node:net';

import { toError } from '../../errors.js';
import { DialError, outcome } from '../../outcome.js';
import { systemLookup } from '../../system-lookup.js';
import { abortable } from './abortable.js';

export interface Address {
	readonly address: string;
	readonly family: number;
}

/** Resolves a name to all its addresses, in the order in which they should be tried. */
export type Lookup = (host: string) => Promise<readonly Address[]>;

/** The addresses of a host, in the order in which to try them. */
export async function addressesOf(
	host: string,
	known: readonly string[] | undefined,
	signal: AbortSignal,
	lookup: Lookup = systemLookup,
): Promise<readonly Address[]> {
	const literal = known?.length ? known : isIP(host) ? [host] : undefined;
	if (literal) {
		return interleave(
			literal.map((address) => ({ address, family: isIP(address) })),
		);
	}
	let found: readonly Address[];
	try {
		found = await abortable(lookup(host), signal);
	} catch (thrown) {
		signal.throwIfAborted();
		const cause = toError(thrown);
		throw new DialError(
			outcome('dns-failed', `The name ${host} does not resolve.`, { cause }),
		);
	}
	if (found.length === 0) {
		throw new DialError(
			outcome('dns-failed', `The name ${host} has no address.`),
		);
	}
	return interleave(found);
}

/** The families in turn, beginning with that of the first address (RFC 8305, 4). */
export function interleave(addresses: readonly Address[]): Address[] {
	const first = addresses.filter(
		({ family }) => family === addresses[0]?.family,
	);
	const second = addresses.filter(
		({ family }) => family !== addresses[0]?.family,
	);
	const ordered: Address[] = [];
	for (let i = 0; i < Math.max(first.length, second.length); i++) {
		ordered.push(...first.slice(i, i + 1), ...second.slice(i, i + 1));
	}
	return ordered;
}
