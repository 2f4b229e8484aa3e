import type { Outcome } from '../outcome.js';
import { reportFailback } from '../selection/index.js';
import { targetsOf, tellNodes, tellPacing } from './cores.js';
import type { DecisionState } from './state.js';
import type { Decision, DecisionContext, Dial, Failback } from './types.js';

/** Not every failure pushes the next try off by itself: a missing key is no node's fault, for one. */
const BETWEEN_TRIES_MS: Readonly<Record<Failback, number>> = {
	node: 60_000,
	transport: 1_000,
};

/** A try beside the live link failed: the link is as it was, and pacing is not asked. */
export function onFailbackFailed(
	before: DecisionState,
	{ failback = 'transport', target }: Dial,
	outcome: Outcome,
	context: DecisionContext,
): Decision {
	const { hint } = outcome;
	const tried = {
		...before,
		selection: reportFailback(
			before.selection,
			{ transport: target.transport, ok: false, outcome },
			context,
		),
	};
	const state =
		failback === 'node'
			? tellNodes(before, target.node, { type: 'ended', outcome }, context)
			: hint === undefined
				? tried
				: tellNodes(tried, target.node, { type: 'hint', hint }, context);
	// Said at the door of the very node that the live link is to: it holds for when that link is lost.
	const heard =
		hint !== undefined && target.node === state.link?.node
			? tellPacing(
					state,
					{ type: 'hint', hint, targets: targetsOf(state) },
					context,
				).state
			: state;
	return { state: heard, reviewInMs: BETWEEN_TRIES_MS[failback] };
}
