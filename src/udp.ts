export * from './core.js';
export { CloudlinkAgent } from './agent/cloudlink-agent.js';
export { udp, type UdpOptions } from './transports/udp/index.js';
export type { Lookup } from './transports/websocket/addresses.js';
export type { WebsocketOptions } from './transports/websocket/index.js';
export type { TunnelLimits } from './tunnel/index.js';
