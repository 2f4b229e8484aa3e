import { parseNodes, type Found, type NodeEntry } from '../nodes/index.js';
import { resolveNodes } from './resolve-nodes.js';
import type { Clock } from '../runtime/index.js';
import { debug } from './debug.js';

/** What it takes to dial nodes by their names. */
export interface NodeNames {
	/** Reads the option `nodes`; throws a CloudlinkError that names the entry. */
	readonly parse: (texts: readonly string[]) => readonly NodeEntry[];
	/** Asks DNS. Rejects only with the signal's reason. */
	readonly lookUp: (
		nodes: readonly NodeEntry[],
		clock: Clock,
		signal: AbortSignal,
	) => Promise<Found>;
}

export const nodeNames: NodeNames = {
	parse: parseNodes,
	lookUp: async (nodes, clock, signal) => {
		const { found, failures } = await resolveNodes(nodes, { clock, signal });
		for (const { name, cause } of failures) {
			debug('%s was not resolved: %s', name, cause.message);
		}
		return found;
	},
};
