import { networkChanged } from '../selection/select.js';
import { attemptFailed, due } from './attempt.js';
import { configured, started } from './configuration.js';
import { tellPacing } from './cores.js';
import { failbackOpen, review } from './failback.js';
import { cameUp, hinted, linkDraining, linkEnded, linkLeft } from './link.js';
import { retryNow } from './retry-now.js';
import type { DecisionState } from './state.js';
import type { Decision, DecisionContext, DecisionEvent } from './types.js';

/**
 * The one decision: what an event means for when, where and how the device dials next, and for what is tried
 * beside a live link. Pure: the same state, event, time and chance give the same answer. The agent acts on it,
 * and so does every simulated device.
 *
 *     start --> wait --> due --> dial --> attempt-failed --> wait ...
 *                         |       |
 *                     resolve     +--> up --> review --> dial (failback) --> up | attempt-failed
 *                         |             |       ^                             (the link is untouched)
 *                     resolved          |       +-- reviewInMs
 *                                       +--> hint, traffic
 *                                       +--> link-ended | link-left --> wait, or a standby takes over
 *                                       +--> link-draining --> wait --> due --> dial --> up
 */
export function decide(
	state: DecisionState,
	event: DecisionEvent,
	context: DecisionContext,
): Decision {
	switch (event.type) {
		case 'start':
			return started(state, context);
		case 'due':
			return due(state, context);
		case 'resolved': {
			const { nodeChoice } = state.options;
			const nodes = nodeChoice.withAddresses(
				state.nodes,
				event.found,
				context.nowMs,
			);
			return { state: { ...state, nodes } };
		}
		case 'attempt-failed':
			return attemptFailed(state, event, context);
		case 'failback-open':
			return failbackOpen(state, event.dial, context);
		case 'up':
			return cameUp(state, event.link, context);
		case 'review':
			return review(state, context);
		case 'hint':
			return hinted(state, event.node, event.hint, context);
		case 'link-draining':
			return linkDraining(state, event.outcome, context);
		case 'link-ended':
			return linkEnded(state, event.outcome, context);
		case 'link-left':
			return linkLeft(state, event.outcome, event.serving, context);
		case 'standby-ended':
			return { state: { ...state, standby: undefined } };
		case 'traffic':
			return tellPacing(state, event, context);
		case 'network': {
			const { up, id } = event;
			const selection = up
				? networkChanged(state.selection, id)
				: state.selection;
			return tellPacing(
				{ ...state, selection },
				{ type: 'network', up },
				context,
			);
		}
		case 'clock-step':
			return tellPacing(state, event, context);
		case 'retry-now':
			return retryNow(state, context);
		case 'configured':
			return configured(state, event.options, event.key, context);
	}
}
