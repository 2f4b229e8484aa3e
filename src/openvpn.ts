export * from './core.js';
export {
	openvpn,
	type AttachedOpenvpnOptions,
	type OpenvpnOptions,
	type OwnedOpenvpnOptions,
} from './transports/openvpn/index.js';
