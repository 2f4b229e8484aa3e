import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import {
	resolveNodes,
	type ResolveOptions,
} from '../../agent/resolve-nodes.js';
import { parseNodes, type NodeEntry } from '../../nodes/index.js';
import { outcome } from '../../outcome.js';
import { systemClock, type Clock } from '../../runtime/index.js';
import type { NodeAddress } from '../../transport.js';
import { adviceFor } from './advice.js';
import { bounded } from './bounded.js';
import { findings, type Finding } from './finding.js';

export async function checkDns(
	{ host }: NodeAddress,
	clock: Clock = systemClock,
): Promise<Finding> {
	const finding = findings('DNS');
	if (isIP(host)) {
		return finding.ok(`${host} is an address: no name has to be looked up.`);
	}
	const startMs = clock.monotonicMs();
	try {
		const found = await bounded(clock, lookup(host, { all: true }));
		const took = Math.round(clock.monotonicMs() - startMs);
		return finding.ok(
			`${host} is ${found.map(({ address }) => address).join(', ')} (${took} ms).`,
		);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return finding.failure(
			`${host} cannot be looked up (${code ?? message}).`,
			adviceFor(outcome('dns-failed', '')),
		);
	}
}

/** Asks for the nodes of a service: the name itself is never dialled. */
export async function findService(
	entry: NodeEntry,
	options: ResolveOptions = { clock: systemClock },
): Promise<{ finding: Finding; nodes: readonly NodeEntry[] }> {
	const finding = findings('DNS');
	const { found, failures } = await resolveNodes([entry], options);
	const names = (found[entry.name] ?? []).map(({ name }) => name);
	return names.length > 0
		? {
				finding: finding.ok(`${entry.name} lists ${names.join(', ')}.`),
				nodes: parseNodes(names),
			}
		: {
				finding: finding.failure(
					`${entry.name} lists no node (${failures[0]!.cause.message}).`,
					'Publish SRV records there (RFC 2782) whose targets have addresses, or name a node by host:port.',
				),
				nodes: [],
			};
}
