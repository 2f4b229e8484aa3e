export { parseHintJson } from './hint-json.js';
export { DEFAULT_LIMITS, type TunnelLimits } from './limits.js';
export { HINT_PATH } from './route.js';
export {
	serveTunnel,
	type Carrier,
	type Tunnel,
	type TunnelListener,
	type TunnelOptions,
} from './tunnel.js';
export type { TunnelEnd } from './tunnel-end.js';
