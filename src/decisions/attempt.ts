import { chooseNode, isResolutionDue } from '../nodes/index.js';
import type { Outcome } from '../outcome.js';
import { selectTransport } from '../selection/select.js';
import type { NodeAddress, TransportName } from '../transport.js';
import { heedConfiguration } from './configuration.js';
import {
	tellNodes,
	tellPacing,
	tellSelection,
	waitFromPacing,
} from './cores.js';
import { failbackFailed } from './failback-failed.js';
import type { DecisionState } from './state.js';
import type { Decision, DecisionContext, Dial, Failback } from './types.js';

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
		...begin(chosen.state, transport, chosen.node, context),
		why: reason,
	};
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
	transport: TransportName,
	node: NodeAddress | undefined,
	context: DecisionContext,
	failback?: Failback,
): Decision {
	const { state: next } = tellPacing(state, { type: 'attempt' }, context);
	const dial = dialOf(state, transport, node, failback);
	return { state: next, dial };
}

export function dialOf(
	{ options, link }: DecisionState,
	transport: TransportName,
	node: NodeAddress | undefined,
	failback?: Failback,
): Dial {
	const apart = (name: TransportName) =>
		handoverOf(options.transports, name) === 'break-before-make';
	return {
		target: { transport, node: node?.name },
		node,
		connectDeadlineMs: options.connectDeadlineMs,
		deadlineMs: options.connectDeadlineMs,
		failback,
		handover:
			apart(transport) || (link !== undefined && apart(link.transport))
				? 'break-before-make'
				: 'make-before-break',
	};
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
	const failed = waitFromPacing(state, { type: 'ended', outcome }, context);
	return heedConfiguration(failed, context);
}
