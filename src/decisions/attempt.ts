import { chooseNode, isResolutionDue } from '../nodes/index.js';
import type { Outcome } from '../outcome.js';
import { pace } from '../pacing/index.js';
import { otherTransport, selectTransport } from '../selection/select.js';
import type { NodeAddress, TransportName } from '../transport.js';
import { heedConfiguration } from './configuration.js';
import { tellNodes, tellSelection, waitFromPacing } from './cores.js';
import { failbackFailed } from './failback-failed.js';
import type { DecisionState } from './state.js';
import type { Decision, DecisionContext, Dial } from './types.js';

/** Whether names have to be looked up before a node can be chosen. */
export function mustResolve(state: DecisionState, nowMs: number): boolean {
	return state.options.nodes.length > 0 && isResolutionDue(state.nodes, nowMs);
}

/** The wait is over: chooses transport and node, and lets the attempt begin. */
export function due(state: DecisionState, context: DecisionContext): Decision {
	const { nowMs } = context;
	if (mustResolve(state, nowMs)) {
		return { state, resolve: true };
	}
	const { transport, reason } = selectTransport(state.selection, nowMs);
	// Where there is a link that drains, its node is left for another.
	const chosen = chooseTarget(state, transport, state.link?.node, context);
	return {
		...begin(chosen.state, { transport, node: chosen.node }, context),
		why: reason,
	};
}

/**
 * A connection was taken and is mute: that may be a place in a queue, and it may be a path that swallows what is said.
 * Once an episode another transport is tried beside it; the silent attempt goes on.
 */
export function silent(
	state: DecisionState,
	{ target, keptMs }: Dial,
	context: DecisionContext,
): Decision {
	const { nowMs } = context;
	const other =
		keptMs > 0 && !state.besideTried
			? otherTransport(state.selection, target.transport, nowMs)
			: undefined;
	if (
		other === undefined ||
		handoverOf(state.options.transports, other) === 'break-before-make'
	) {
		return { state };
	}
	const chosen = chooseTarget(state, other, undefined, context);
	return begin(
		{ ...chosen.state, besideTried: true },
		{ transport: other, node: chosen.node, beside: true },
		context,
	);
}

/** Chooses the node for an attempt over a transport. */
export function chooseTarget(
	state: DecisionState,
	transport: TransportName,
	avoid: string | undefined,
	{ nowMs, random }: DecisionContext,
): { state: DecisionState; node: NodeAddress | undefined } {
	if (state.options.nodes.length === 0) {
		return { state, node: undefined };
	}
	const chosen = chooseNode(state.nodes, { nowMs, random, avoid, transport });
	return {
		state:
			chosen.state === state.nodes ? state : { ...state, nodes: chosen.state },
		node: chosen.node,
	};
}

/** An attempt begins now, and is charged to the budget. */
export function begin(
	state: DecisionState,
	plan: Pick<Dial, 'failback' | 'beside'> & {
		readonly transport: TransportName;
		readonly node: NodeAddress | undefined;
	},
	context: DecisionContext,
): Decision {
	const { transport, node, failback, beside } = plan;
	const { options, link } = state;
	const apart = (name: TransportName) =>
		handoverOf(options.transports, name) === 'break-before-make';
	const handover: Dial['handover'] =
		apart(transport) || (link !== undefined && apart(link.transport))
			? 'break-before-make'
			: 'make-before-break';
	const { connectDeadlineMs } = options;
	const target = { transport, node: node?.name };
	const dial = { target, node, connectDeadlineMs, failback, beside, handover };
	if (failback !== undefined && handover === 'break-before-make') {
		// Only probed so far, which shows no credentials.
		return { state, dial: { ...dial, aloneMs: 0, keptMs: 0 } };
	}
	const keepable = !apart(transport) && failback === undefined && !beside;
	const { state: pacing, patience } = pace(
		state.pacing,
		{ type: 'attempt', keepable },
		context,
	);
	return { state: { ...state, pacing }, dial: { ...dial, ...patience! } };
}

export function handoverOf(
	transports: DecisionState['options']['transports'],
	name: TransportName,
): Dial['handover'] {
	const traits = transports.find((one) => one.name === name);
	return traits?.handover ?? 'make-before-break';
}

/** An attempt failed: the wait before the next one, or, beside a live link, when to look at it again. */
export function attemptFailed(
	before: DecisionState,
	dial: Dial,
	outcome: Outcome,
	context: DecisionContext,
): Decision {
	if (dial.failback !== undefined) {
		return failbackFailed(before, dial, outcome, context);
	}
	const { transport, node } = dial.target;
	const state = tellSelection(
		tellNodes(before, node, { type: 'ended', outcome }, context),
		{
			transport,
			event: { ended: outcome, lastedMs: 0, stable: false },
		},
		context,
	);
	if (dial.beside) {
		return { state };
	}
	const failed = waitFromPacing(state, { type: 'ended', outcome }, context);
	return heedConfiguration(failed, context);
}
