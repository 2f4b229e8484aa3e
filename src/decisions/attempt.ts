import { chooseNode, isResolutionDue } from '../nodes/index.js';
import { isSilent, type Outcome } from '../outcome.js';
import { pace, type Patience } from '../pacing/index.js';
import { selectTransport } from '../selection/select.js';
import type { NodeAddress, TransportName } from '../transport.js';
import { heedConfiguration } from './configuration.js';
import { tellNodes, tellSelection, waitFromPacing } from './cores.js';
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
	const selected = selectTransport(state.selection, nowMs);
	const other = otherWay(state);
	const transport = other ?? selected.transport;
	const reason = other
		? `${other}, beside a silent attempt over ${state.beside!} that is kept.`
		: selected.reason;
	// Where there is a link that drains, its node is left for another.
	const chosen = chooseTarget(
		{ ...state, beside: undefined },
		transport,
		state.link?.node,
		context,
	);
	return {
		...begin(chosen.state, transport, chosen.node, context),
		why: reason,
	};
}

/** Another transport than that of an attempt that just fell silent. */
function otherWay({ beside, options }: DecisionState) {
	return beside === undefined
		? undefined
		: options.transports.find(({ name }) => name !== beside)?.name;
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
	const dial = dialOf(state, transport, node, failback);
	// Beside a live link nobody waits, and of an openvpn there is only one.
	const keepable =
		state.link === undefined && dial.handover === 'make-before-break';
	const { state: pacing, patience } = pace(
		state.pacing,
		{
			type: 'attempt',
			keepable,
			otherWay: state.options.transports.length > 1,
		},
		context,
	);
	return {
		state: { ...state, pacing },
		dial:
			failback === undefined && patience !== undefined
				? withPatience(dial, patience)
				: dial,
	};
}

function withPatience(dial: Dial, { aloneMs, keptMs }: Patience): Dial {
	const { connectDeadlineMs } = dial;
	return keptMs > aloneMs
		? {
				...dial,
				deadlineMs: connectDeadlineMs + keptMs,
				aloneMs: connectDeadlineMs + aloneMs,
			}
		: { ...dial, deadlineMs: connectDeadlineMs + aloneMs };
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
	const failed = waitFromPacing(
		{ ...state, beside: keptWay(before, dial, outcome) },
		{ type: 'ended', outcome },
		context,
	);
	return heedConfiguration(failed, context);
}

/** The transport of the attempt that is kept in silence from now on, where there is another to try. */
function keptWay(
	{ pacing }: DecisionState,
	{ target, aloneMs }: Dial,
	outcome: Outcome,
): TransportName | undefined {
	const { otherWay: other = false, refusals = 0 } = pacing.episode ?? {};
	return aloneMs !== undefined && other && refusals === 0 && isSilent(outcome)
		? target.transport
		: undefined;
}
