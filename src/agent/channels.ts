import { channel } from 'node:diagnostics_channel';

import type { AgentEvents } from './events.js';
import type { AgentView } from './agent-view.js';

/**
 * The agent's events as `diagnostics_channel` channels, for a tracer or logger that has no hand on the agent
 * itself. The message is what the event carries, and which agent it was: `{ agent, ... }`. `docs/events.md`
 * lists them.
 */
export const CHANNELS = {
	state: 'cloudlink:agent:state',
	attempt: 'cloudlink:agent:attempt',
	up: 'cloudlink:agent:up',
	down: 'cloudlink:agent:down',
	retry: 'cloudlink:agent:retry',
	warning: 'cloudlink:agent:warning',
} as const satisfies Record<keyof AgentEvents, string>;

/** Publishes an agent's events to {@link CHANNELS} until the returned function is called. */
export function publishEvents(agent: AgentView): () => void {
	const removers: Array<() => void> = [];
	const publish = <E extends keyof AgentEvents>(
		event: E,
		payload: (...args: Parameters<AgentEvents[E]>) => object,
	) => {
		const target = channel(CHANNELS[event]);
		const listener = ((...args: Parameters<AgentEvents[E]>) => {
			if (target.hasSubscribers) {
				target.publish({ agent, ...payload(...args) });
			}
		}) as AgentEvents[E];
		agent.on(event, listener);
		removers.push(() => agent.off(event, listener));
	};
	publish('state', (state, previous) => ({ state, previous }));
	publish('attempt', (attempt) => ({ attempt }));
	publish('up', (link) => ({ link }));
	publish('down', (down) => ({ down }));
	publish('retry', (retry) => ({ retry }));
	publish('warning', (warning) => ({ warning }));
	return () => {
		removers.forEach((remove) => {
			remove();
		});
	};
}
