export * from './core.js';
export { CloudlinkAgent } from './agent/cloudlink-agent.js';
export {
	openvpn,
	type AttachedOpenvpnOptions,
	type OpenvpnOptions,
	type OwnedOpenvpnOptions,
} from './transports/openvpn/index.js';
