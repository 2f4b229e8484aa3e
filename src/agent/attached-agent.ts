import { CloudlinkError } from '../errors.js';
import { noNodeChoice } from '../nodes/index.js';
import { Agent } from './agent.js';
import type { NodeSource } from './node-source.js';
import type { AgentOptions } from './options.js';

/** An agent whose transport has a node of its own, so that there is none to be named or looked up. */
export type AttachedAgentOptions = Omit<AgentOptions, 'nodes'>;

const noNodes: NodeSource = {
	parse: ({ length }) => {
		if (length > 0) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INVALID_OPTION',
				'CloudlinkAgent: `nodes` has no meaning here; an attached openvpn has its own.',
			);
		}
		return [];
	},
	lookUp: async () => await Promise.resolve({}),
	choice: noNodeChoice,
};

/** A {@link CloudlinkAgent} for an attached openvpn alone. */
export class AttachedAgent extends Agent {
	/** @throws CloudlinkError ERR_CLOUDLINK_INVALID_OPTION, naming the key, for options that cannot be used. */
	constructor(options: AttachedAgentOptions) {
		super(options, noNodes);
	}
}
