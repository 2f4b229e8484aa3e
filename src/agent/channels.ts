import { channel } from 'node:diagnostics_channel';

import { follow, type AgentView } from './agent-view.js';
import type { AgentEvents } from './events.js';

/**
 * The agent's events as `diagnostics_channel` channels, for a tracer or logger that has no hand on the agent
 * itself. The message is what the event carries, and which agent it was: `{ agent, ... }`. `docs/events.md`
 * lists them.
 */
export const CHANNELS = {
	state: 'cloudlink:agent:state',
	attempt: 'cloudlink:agent:attempt',
	failed: 'cloudlink:agent:failed',
	up: 'cloudlink:agent:up',
	down: 'cloudlink:agent:down',
	retry: 'cloudlink:agent:retry',
	warning: 'cloudlink:agent:warning',
} as const satisfies Record<keyof AgentEvents, string>;

/** Publishes an agent's events to {@link CHANNELS} until the returned function is called. */
export function publishEvents(agent: AgentView): () => void {
	const publish = (event: keyof AgentEvents, payload: object) => {
		const target = channel(CHANNELS[event]);
		if (target.hasSubscribers) {
			target.publish({ agent, ...payload });
		}
	};
	return follow(agent, {
		state: (state, previous) => {
			publish('state', { state, previous });
		},
		attempt: (attempt) => {
			publish('attempt', { attempt });
		},
		failed: (failed) => {
			publish('failed', { failed });
		},
		up: (link) => {
			publish('up', { link });
		},
		down: (down) => {
			publish('down', { down });
		},
		retry: (retry) => {
			publish('retry', { retry });
		},
		warning: (warning) => {
			publish('warning', { warning });
		},
	});
}
