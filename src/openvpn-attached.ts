/**
 * For a program that has its system's openvpn paced and no more (balena-supervisor): like `cloudlink-agent/openvpn`, without what runs
 * openvpn or looks nodes up.
 */
import type { Transport } from './transport.js';
import type { AttachedOpenvpnOptions } from './transports/openvpn/attached-options.js';
import { AttachedOpenvpn } from './transports/openvpn/attached.js';

export * from './core.js';
export {
	AttachedAgent as CloudlinkAgent,
	type AttachedAgentOptions,
} from './agent/attached-agent.js';
export type { AttachedOpenvpnOptions } from './transports/openvpn/attached-options.js';

/**
 * The openvpn that the system runs, driven by its management socket.
 *
 * @example
 * openvpn({ attach: '/run/cloudlink-openvpn/management.sock' })
 */
export const openvpn = (options: AttachedOpenvpnOptions): Transport =>
	new AttachedOpenvpn(options);
