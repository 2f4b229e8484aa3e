import type { SrvRecord } from 'node:dns';
import { isIP } from 'node:net';

import { toError } from '../errors.js';
import { wait, type Clock } from '../runtime/index.js';
import { systemLookup } from '../system-lookup.js';
import type { NodeEntry } from '../nodes/address.js';
import type { Found, FoundNode } from '../nodes/found.js';

/** All addresses of a host, of both families, in the order of the system's resolver. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export type SrvLookup = (
	name: string,
	signal: AbortSignal,
) => Promise<readonly SrvRecord[]>;

export interface ResolveOptions {
	readonly clock: Clock;
	readonly signal?: AbortSignal;
	/** The whole round ends after this; what was not found by then counts as not found. @default 5_000 */
	readonly deadlineMs?: number;
	/** More records of one name than this are left out. @default 64 */
	readonly maxRecords?: number;
	/** @default the system's resolver (getaddrinfo), which also reads the hosts file and asks mDNS */
	readonly lookup?: Lookup;
	/** @default a DNS query to the system's name servers */
	readonly lookupSrv?: SrvLookup;
}

export interface Resolution {
	/** For `withAddresses`. A name that was not found is absent, and falls back to its last good addresses. */
	readonly found: Found;
	/** Why the other names were not found. */
	readonly failures: ReadonlyArray<{
		readonly name: string;
		readonly cause: Error;
	}>;
}

const DEFAULT_DEADLINE_MS = 5_000;
const DEFAULT_MAX_RECORDS = 64;

/** See {@link systemLookup}: no more of Node's worker threads are taken. */
const LOOKUPS_AT_ONCE = 2;

const lookupAll: Lookup = async (host) => {
	const records = await systemLookup(host);
	return records.map(({ address }) => address);
};

/** Asks the system's name servers, or the given ones, for SRV records; the signal calls the query back. */
export const srvLookup =
	(servers?: readonly string[]): SrvLookup =>
	async (name, signal) => {
		const { Resolver } = await import('node:dns/promises');
		signal.throwIfAborted();
		const resolver = new Resolver();
		if (servers !== undefined) {
			resolver.setServers(servers);
		}
		const cancel = () => {
			resolver.cancel();
		};
		signal.addEventListener('abort', cancel, { once: true });
		try {
			return await resolver.resolveSrv(name);
		} finally {
			signal.removeEventListener('abort', cancel);
		}
	};

/**
 * Looks up every name among the entries, all records of both families, within one deadline. Never rejects
 * but with the signal's reason: a name that cannot be resolved is reported, and its last good addresses
 * serve on. An entry that is an address needs nothing and does not appear in the result.
 */
export async function resolveNodes(
	entries: readonly NodeEntry[],
	options: ResolveOptions,
): Promise<Resolution> {
	options.signal?.throwIfAborted();
	const names = entries.filter(({ host }) => isIP(host) === 0);
	const found: Record<string, readonly FoundNode[]> = {};
	const failures = new Map<string, Error>();
	const over = new AbortController();
	const queue = [...names];
	const worker = async () => {
		for (
			let entry = queue.shift();
			entry !== undefined && !over.signal.aborted;
			entry = queue.shift()
		) {
			try {
				found[entry.name] = await resolveEntry(entry, options, over.signal);
			} catch (error) {
				failures.set(entry.name, toError(error));
			}
		}
	};
	const work = Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, worker));
	await within(work, options, over);
	return settled(names, found, failures, options);
}

/** Waits for the work, but no longer than the deadline. Whatever still runs then is let go. */
async function within(
	work: Promise<unknown>,
	{ clock, signal, deadlineMs = DEFAULT_DEADLINE_MS }: ResolveOptions,
	over: AbortController,
): Promise<void> {
	const stop = () => {
		over.abort();
	};
	signal?.addEventListener('abort', stop, { once: true });
	const deadline = wait(clock, deadlineMs, over.signal).catch(() => undefined);
	await Promise.race([work, deadline]);
	signal?.removeEventListener('abort', stop);
	over.abort();
	await deadline;
	signal?.throwIfAborted();
}

function settled(
	names: readonly NodeEntry[],
	found: Found,
	failures: ReadonlyMap<string, Error>,
	{ deadlineMs = DEFAULT_DEADLINE_MS }: ResolveOptions,
): Resolution {
	const missing = names.filter(({ name }) => !found[name]?.length);
	return {
		found: Object.fromEntries(
			Object.entries(found).filter(([, nodes]) => nodes.length > 0),
		),
		failures: missing.map(({ name }) => ({
			name,
			cause:
				failures.get(name) ??
				new Error(
					found[name] === undefined
						? `No answer from DNS for ${name} within ${deadlineMs} ms.`
						: `DNS has no address for ${name}.`,
				),
		})),
	};
}

async function resolveEntry(
	entry: NodeEntry,
	options: ResolveOptions,
	over: AbortSignal,
): Promise<readonly FoundNode[]> {
	const { lookup = lookupAll, maxRecords = DEFAULT_MAX_RECORDS } = options;
	if (entry.srv === undefined) {
		const { name, host, port } = entry;
		const addresses = (await lookup(host)).slice(0, maxRecords);
		return addresses.length > 0 ? [{ name, port, addresses }] : [];
	}
	const { lookupSrv = srvLookup() } = options;
	const records = [...(await lookupSrv(entry.srv, over))]
		.sort((a, b) => a.priority - b.priority)
		.slice(0, maxRecords);
	const nodes: FoundNode[] = [];
	for (const record of records) {
		over.throwIfAborted();
		nodes.push(...(await resolveTarget(record, lookup, maxRecords)));
	}
	return nodes;
}

/** A target that cannot be resolved takes nothing from the others. */
async function resolveTarget(
	{ name, port, priority, weight }: SrvRecord,
	lookup: Lookup,
	maxRecords: number,
): Promise<readonly FoundNode[]> {
	const host = name.toLowerCase().replace(/\.$/, '');
	// A target of "." says that there is no such service (RFC 2782).
	if (host === '') {
		return [];
	}
	const addresses = await lookup(host).catch(() => []);
	return addresses.length === 0
		? []
		: [
				{
					name: `${host}:${port}`,
					port,
					addresses: addresses.slice(0, maxRecords),
					priority,
					// RFC 2782: a weight of 0 still has "a very small chance of being selected".
					weight: Math.max(weight, 0.1),
				},
			];
}
