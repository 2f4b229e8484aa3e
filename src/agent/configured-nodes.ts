import { nodeChoice, parseNodes } from '../nodes/index.js';
import { debug } from './debug.js';
import type { NodeSource } from './node-source.js';
import { resolveNodes } from './resolve-nodes.js';

/** The nodes that the option `nodes` names. */
export const configuredNodes: NodeSource = {
	parse: parseNodes,
	lookUp: async (nodes, clock, signal) => {
		const { found, failures } = await resolveNodes(nodes, { clock, signal });
		for (const { name, cause } of failures) {
			debug('%s was not resolved: %s', name, cause.message);
		}
		return found;
	},
	choice: nodeChoice,
};
