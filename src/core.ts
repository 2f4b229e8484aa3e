/** What belongs to the agent, whatever it dials with: what all entries have in common. */
export type { AgentUpdate } from './agent/agent.js';
export type {
	AgentEvents,
	AttemptEvent,
	DownEvent,
	FailedEvent,
	LinkView,
	NetworkChange,
	RetryEvent,
	RetryNow,
} from './agent/events.js';
export type { Ending, HistoryEntry } from './agent/history-entry.js';
export type { Ping } from './agent/ping.js';
export type { KeySource } from './agent/key.js';
export type { AgentOptions } from './agent/options.js';
export type { StateName } from './agent/state.js';
export type { AgentStatus, WaitStatus } from './agent/status.js';
export type { Target } from './decisions/index.js';
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
export type {
	DialRequest,
	EngageRequest,
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	NodeAddress,
	Service,
	Transport,
	TransportName,
} from './transport.js';
