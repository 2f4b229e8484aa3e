export * from './core.js';
export * from './host.js';
export { CloudlinkAgent } from './agent/cloudlink-agent.js';
export {
	configuredRemotes,
	openvpn,
	replacedDirectives,
	type AttachedOpenvpnOptions,
	type OpenvpnOptions,
	type OwnedOpenvpnOptions,
	type ReplacedDirective,
} from './transports/openvpn/index.js';
export type { HealthAddress } from './telemetry/address.js';
export type { LocalServer } from './telemetry/local-server.js';
export { CHANNELS } from './agent/channels.js';
export type {
	Distribution,
	Labels,
	Metric,
} from './telemetry/metrics/exposition.js';
export {
	AgentMetrics,
	type AgentMetricsOptions,
} from './telemetry/metrics/agent-metrics.js';
export {
	bridgeToOpenTelemetry,
	type HistogramOptions,
	type InstrumentOptions,
	type OpenTelemetryHistogram,
	type Observable,
	type ObservableResult,
	type OpenTelemetryApi,
	type OpenTelemetryMeter,
} from './telemetry/metrics/otel.js';
export {
	startHealthServer,
	type HealthServer,
	type HealthServerOptions,
	type StatusReply,
} from './telemetry/server.js';
export type { Lookup } from './transports/websocket/addresses.js';
export { udp, type UdpOptions } from './transports/udp/index.js';
export {
	websocket,
	type WebsocketOptions,
} from './transports/websocket/index.js';
export type { TunnelLimits } from './tunnel/index.js';
