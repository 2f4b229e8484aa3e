export { CloudlinkAgent, type AgentUpdate } from './agent/agent.js';
export type {
	AgentEvents,
	AttemptEvent,
	DownEvent,
	LinkView,
	NetworkChange,
	RetryEvent,
} from './agent/events.js';
export type { KeySource } from './agent/key.js';
export type { AgentOptions } from './agent/options.js';
export type { StateName } from './agent/state.js';
export type { AgentStatus, WaitStatus } from './agent/status.js';
export type { Target } from './decisions/index.js';
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
export { CloudlinkError, type ErrorCode } from './errors.js';
export type { Hint } from './hint.js';
export {
	DialError,
	outcome,
	type Outcome,
	type OutcomeCode,
	type OutcomeKind,
} from './outcome.js';
export type {
	Law,
	PacingInput,
	PacingOptions,
	PresetName,
} from './pacing/index.js';
export type { Clock, Random, Runtime, Timer } from './runtime/index.js';
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
export type { AgentView } from './telemetry/agent-view.js';
export { CHANNELS } from './telemetry/channels.js';
export type { Labels, Metric } from './telemetry/exposition.js';
export {
	readiness,
	soundness,
	type Progress,
	type Verdict,
} from './telemetry/health.js';
export { AgentMetrics, type AgentMetricsOptions } from './telemetry/metrics.js';
export {
	bridgeToOpenTelemetry,
	type InstrumentOptions,
	type Observable,
	type ObservableResult,
	type OpenTelemetryApi,
	type OpenTelemetryMeter,
} from './telemetry/otel.js';
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
export type {
	DialRequest,
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	NodeAddress,
	Service,
	Transport,
	TransportName,
} from './transport.js';
export type { Lookup } from './transports/websocket/addresses.js';
export { udp, type UdpOptions } from './transports/udp/index.js';
export {
	websocket,
	type WebsocketOptions,
} from './transports/websocket/index.js';
export type { TunnelLimits } from './tunnel/index.js';
