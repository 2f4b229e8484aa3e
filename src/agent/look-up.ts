import { resolveNodes } from './resolve-nodes.js';
import { debug } from './debug.js';
import type { Decider } from './decider.js';
import type { ResolvedOptions } from './options.js';

/** Looks up the names of the nodes, and tells what was found. Rejects only with the signal's reason. */
export async function lookUp(
	decider: Decider,
	{ nodes, runtime }: ResolvedOptions,
	signal: AbortSignal,
): Promise<void> {
	const { clock } = runtime;
	const { found, failures } = await resolveNodes(nodes, { clock, signal });
	for (const { name, cause } of failures) {
		debug('%s was not resolved: %s', name, cause.message);
	}
	decider.tell({ type: 'resolved', found });
}
