export * from './core.js';
export { CloudlinkAgent } from './agent/cloudlink-agent.js';
export type { Lookup } from './transports/websocket/addresses.js';
export {
	websocket,
	type WebsocketOptions,
} from './transports/websocket/index.js';
export type { TunnelLimits } from './tunnel/index.js';
