import type { OutcomeKind } from '../../outcome.js';
import type { StatusReply } from '../../telemetry/server.js';
import { recentKinds } from './agent.js';
import { kindAdvice } from './advice.js';
import type { Finding } from './finding.js';

/** Outcomes of an agent that reached its node: the way is open, whatever one more attempt has met. */
const REACHED: readonly OutcomeKind[] = ['throttled', 'overloaded', 'rejected'];

/**
 * Holds a finding about the way to the node against what the running agent meets there, so that the two give no
 * contrary advice: where the agent has a link, or has just been answered by the node, no route is missing.
 */
export function reconcile(
	found: Finding,
	status: StatusReply | undefined,
): Finding {
	if (found.grade !== 'failure') {
		return found;
	}
	if (status?.link) {
		return {
			...found,
			grade: 'warning',
			advice: `The agent has a link to ${status.link.node} all the same: try again, before you change anything.`,
		};
	}
	const kinds = recentKinds(status);
	const reached = REACHED.find((kind) => kinds.has(kind));
	return reached === undefined || found.kind === 'rejected'
		? found
		: {
				...found,
				grade: 'warning',
				advice: `The agent was answered there minutes ago (${reached}), so the way is open. ${kindAdvice(reached)}`,
			};
}
