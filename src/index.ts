export { CloudlinkAgent, type AgentUpdate } from './agent/agent.js';
export type {
	AgentEvents,
	AttemptEvent,
	DownEvent,
	LinkView,
	RetryEvent,
} from './agent/events.js';
export type { KeySource } from './agent/key.js';
export type { AgentOptions } from './agent/options.js';
export type { NetworkChange } from './agent/run.js';
export type { StateName } from './agent/state.js';
export type { AgentStatus, WaitStatus } from './agent/status.js';
export { CloudlinkError, type ErrorCode } from './errors.js';
export type { Hint } from './hint.js';
export {
	DialError,
	outcome,
	type Outcome,
	type OutcomeCode,
	type OutcomeKind,
} from './outcome.js';
export type { Law, PacingInput, PresetName } from './pacing/index.js';
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
export type {
	DialRequest,
	Link,
	LinkListener,
	LinkStats,
	NodeAddress,
	Service,
	Transport,
	TransportName,
} from './transports/transport.js';
