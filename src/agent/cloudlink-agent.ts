import { Agent } from './agent.js';
import { configuredNodes } from './configured-nodes.js';
import type { AgentOptions } from './options.js';

/**
 * Holds the device's link to the cloud: dials, keeps the link, and decides when, where and how to come
 * back. It never ends by itself, only by `stop()`.
 *
 * ```ts
 * const agent = new CloudlinkAgent({
 * 	device: { uuid, key },
 * 	nodes: ['cloudlink.example.com:443'],
 * 	transports: [websocket(), udp()],
 * 	services: [{ port: 8080 }],
 * });
 * await agent.start();
 * const link = await agent.waitUntilUp();
 * ```
 */
export class CloudlinkAgent extends Agent {
	/** @throws CloudlinkError ERR_CLOUDLINK_INVALID_OPTION, naming the key, for options that cannot be used. */
	constructor(options: AgentOptions) {
		super(options, configuredNodes);
	}
}
