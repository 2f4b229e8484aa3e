import { networkChanged } from '../selection/index.js';
import { onAttemptFailed, onDue } from './attempt.js';
import { onConfigured, onStart } from './configuration.js';
import { tellPacing } from './cores.js';
import { onFailbackOpen, onReview } from './failback.js';
import {
	onUp,
	onHint,
	onLinkDraining,
	onLinkEnded,
	onLinkLeft,
} from './link.js';
import { onRetryNow } from './retry-now.js';
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
			return onStart(state, context);
		case 'due':
			return onDue(state, context);
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
			return onAttemptFailed(state, event, context);
		case 'failback-open':
			return onFailbackOpen(state, event.dial, context);
		case 'up':
			return onUp(state, event.link, context);
		case 'review':
			return onReview(state, context);
		case 'hint':
			return onHint(state, event.node, event.hint, context);
		case 'link-draining':
			return onLinkDraining(state, event.outcome, context);
		case 'link-ended':
			return onLinkEnded(state, event.outcome, context);
		case 'link-left':
			return onLinkLeft(state, event.outcome, event.serving, context);
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
			return onRetryNow(state, context);
		case 'configured':
			return onConfigured(state, event.options, event.key, context);
	}
}
