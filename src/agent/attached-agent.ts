import { Agent } from './agent.js';
import type { AgentOptions } from './options.js';

/** An agent whose transport has a node of its own, so that there is none to be named or looked up. */
export type AttachedAgentOptions = Omit<AgentOptions, 'nodes'>;

/** A {@link CloudlinkAgent} for an attached openvpn alone. */
export class AttachedAgent extends Agent {
	/** @throws CloudlinkError ERR_CLOUDLINK_INVALID_OPTION, naming the key, for options that cannot be used. */
	// eslint-disable-next-line @typescript-eslint/no-useless-constructor -- it makes public what is protected, and takes fewer options.
	constructor(options: AttachedAgentOptions) {
		super(options);
	}
}
