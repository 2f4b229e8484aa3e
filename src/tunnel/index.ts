export { Allowance, emptiness } from './guard/allowance.js';
export { FrameHeads, type FrameFormat } from './guard/frame-heads.js';
export { parseHintJson } from './hint-json.js';
export { DEFAULT_LIMITS, type TunnelLimits } from './limits.js';
export type { CarrierGuard } from './carrier.js';
export {
	serveTunnel,
	type Tunnel,
	type TunnelListener,
	type TunnelOptions,
} from './tunnel.js';
export { FLOOD, type TunnelEnd } from './tunnel-end.js';
