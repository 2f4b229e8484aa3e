import { CloudlinkError } from '../errors.js';
import type { AgentEvents } from './events.js';
import type { StateName } from './state.js';
import type { AgentStatus } from './status.js';

/** What telemetry and the device's side need of an agent: to look at it and to listen, never to steer it. */
export interface AgentView {
	readonly state: StateName;
	/** A snapshot of the agent. */
	status(): AgentStatus;
	/** Listens to an event. */
	on<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): unknown;
	/** Listens no longer. */
	off<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): unknown;
}

/** Throws where what was given as an agent is none. */
export function checkAgent(agent: unknown, where: string): void {
	const { on, status } = (agent ?? {}) as Partial<AgentView>;
	if (typeof on !== 'function' || typeof status !== 'function') {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			`${where}: \`agent\` must be a CloudlinkAgent.`,
		);
	}
}

/** A listener for every event, so that a new event does not compile until somebody said what it means; null: nothing. */
export type AgentListeners = {
	readonly [E in keyof AgentEvents]: AgentEvents[E] | null;
};

/** Listens to an agent until the returned function is called. */
export function follow(
	agent: Pick<AgentView, 'on' | 'off'>,
	listeners: AgentListeners,
): () => void {
	const events = (Object.keys(listeners) as Array<keyof AgentEvents>).filter(
		(event) => listeners[event] !== null,
	);
	for (const event of events) {
		agent.on(event, listeners[event]!);
	}
	return () => {
		for (const event of events) {
			agent.off(event, listeners[event]!);
		}
	};
}
