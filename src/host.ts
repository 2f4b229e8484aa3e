/**
 * What stands between an agent and its host, whatever the agent dials with: config.json, network, status marker, systemd, and whether the
 * agent works.
 */
export type { AgentView } from './agent/agent-view.js';
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
	readiness,
	liveness,
	type Progress,
	type Verdict,
} from './telemetry/health.js';
export {
	ProgressWatch,
	type ProgressWatchOptions,
} from './telemetry/progress-watch.js';
