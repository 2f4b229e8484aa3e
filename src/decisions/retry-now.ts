import type { DecisionState } from './state.js';
import type { Decision, DecisionContext } from './types.js';

/**
 * Somebody stands before the device and asks for an attempt now. A wait that only our own caution caused ends; one
 * that a node asked for (a place in its queue, a retry-after, a window that it told) is kept. `why` says which it was.
 */
export function onRetryNow(
	state: DecisionState,
	{ nowMs }: DecisionContext,
): Decision {
	const { running, episode, known } = state.pacing;
	if (running === undefined) {
		return { state, why: 'No wait is running.' };
	}
	const { wait } = running;
	const law = running.resumed ?? wait.law;
	const asked =
		law === 'slot' ||
		(law === 'window' && known.windowMs > 0) ||
		(episode !== undefined && episode.notBeforeMs > nowMs);
	if (asked) {
		return { state, why: `A node asked for this wait. ${wait.reason}` };
	}
	const reason = `An attempt was asked for; the wait (${law}) was our own caution.`;
	const now = { law: wait.law, delayMs: 0, reason };
	return {
		state: {
			...state,
			pacing: { ...state.pacing, running: { wait: now, untilMs: nowMs } },
		},
		wait: now,
		why: reason,
	};
}
