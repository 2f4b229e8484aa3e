/**
 * For a program that has its system's openvpn paced and no more (balena-supervisor): like `cloudlink-agent/openvpn`, without what runs
 * openvpn or looks nodes up.
 */
export * from './core.js';
export {
	AttachedAgent as CloudlinkAgent,
	type AttachedAgentOptions,
} from './agent/attached-agent.js';
export { attachOpenvpn as openvpn } from './transports/openvpn/attach.js';
export type { AttachedOpenvpnOptions } from './transports/openvpn/attached-options.js';
