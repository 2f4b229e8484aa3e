export * from './core.js';
export { CloudlinkAgent } from './agent/cloudlink-agent.js';
export {
	CONFIG_JSON_LIMIT_BYTES,
	changedParts,
	parseConfigJson,
	readConfigJson,
	type ConfigPart,
	type DeviceConfig,
} from './device/config-json.js';
export {
	watchConfigJson,
	type ConfigChange,
	type ConfigWatch,
	type ConfigWatchOptions,
} from './device/config-watch.js';
export type { FileWatch } from './device/file-watch.js';
export type {
	NetworkReport,
	NetworkSnapshot,
} from './device/network-snapshot.js';
export {
	watchNetwork,
	type HostListener,
	type NetworkSources,
	type NetworkWatch,
	type NetworkWatchOptions,
} from './device/network-watch.js';
export {
	STATUS_MARKER_PATH,
	StatusMarker,
	type StatusMarkerOptions,
} from './device/status-marker.js';
export {
	serviceNotifier,
	type ServiceNotifier,
	type ServiceNotifierOptions,
} from './device/systemd.js';
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
export type { AgentView } from './agent/agent-view.js';
export { CHANNELS } from './agent/channels.js';
export type {
	Distribution,
	Labels,
	Metric,
} from './telemetry/metrics/exposition.js';
export {
	readiness,
	liveness,
	type Progress,
	type Verdict,
} from './telemetry/health.js';
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
	ProgressWatch,
	type ProgressWatchOptions,
} from './telemetry/progress-watch.js';
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
