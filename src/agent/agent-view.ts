import type { AgentEvents } from './events.js';
import type { StateName } from './state.js';
import type { AgentStatus } from './status.js';

/** What telemetry and the device's side need of an agent: to look at it and to listen, never to steer it. */
export interface AgentView {
	readonly state: StateName;
	status(): AgentStatus;
	on<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): unknown;
	off<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): unknown;
}
