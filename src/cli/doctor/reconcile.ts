import type { OutcomeKind } from '../../outcome.js';
import type { StatusReply } from '../../telemetry/server.js';
import { recentKinds } from './agent.js';
import { kindAdvice } from './advice.js';
import type { Finding } from './finding.js';

/** Outcomes of an agent that reached its node: the way is open, whatever one more attempt has met. */
const REACHED: readonly OutcomeKind[] = ['throttled', 'overloaded', 'rejected'];

/** What one more attempt than the agent's own may meet, with nothing wrong. */
const NO_PLACE: ReadonlyArray<OutcomeKind | undefined> = [
	'throttled',
	'overloaded',
];

/**
 * Holds a finding about the way to the node against what the running agent meets there, so that the two give no
 * contrary advice: where the agent has a link, or has just been answered by the node, no route is missing.
 */
export function reconcile(
	found: Finding,
	status: StatusReply | undefined,
): Finding {
	const { grade, kind } = found;
	if (status?.link && grade !== 'ok' && NO_PLACE.includes(kind)) {
		return {
			...found,
			grade: 'note',
			advice: `There is no place for one more; the agent has its link to ${status.link.node}.`,
		};
	}
	if (grade !== 'failure') {
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
	const reached = REACHED.find((one) => kinds.has(one));
	// A key or a certificate that is wrong is no missing way.
	return reached === undefined ||
		kind === 'rejected' ||
		kind === 'misconfigured'
		? found
		: {
				...found,
				grade: 'warning',
				advice: `The agent was answered there minutes ago (${reached}), so the way is open. ${kindAdvice(reached)}`,
			};
}

/** Where the node accepts the device by now, what the agent met before is not what has to be mended. */
export function reconcileAgent(
	agent: Finding,
	found: readonly Finding[],
	status: StatusReply | undefined,
): Finding {
	const goesOn = status?.health.ok === true && status.paused !== true;
	return goesOn && status.lastOutcome && found.some(({ accepted }) => accepted)
		? {
				...agent,
				grade: 'warning',
				advice:
					'The node accepts this device by now: `cloudlink-agent reconnect` has the agent try again.',
			}
		: agent;
}
