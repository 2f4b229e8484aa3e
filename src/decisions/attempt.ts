import { countUntried } from '../nodes/index.js';
import { isSilent, type Outcome } from '../outcome.js';
import { pace, saysConstant, type Patience } from '../pacing/index.js';
import { selectTransport } from '../selection/index.js';
import type { NodeAddress, TransportName } from '../transport.js';
import { heedConfiguration } from './configuration.js';
import {
	targetsOf,
	tellNodes,
	tellSelection,
	waitFromPacing,
} from './cores.js';
import { onFailbackFailed } from './failback-failed.js';
import { withCores, type DecisionState } from './state.js';
import type {
	Decision,
	DecisionContext,
	DecisionEvent,
	Dial,
} from './types.js';

/** Whether names have to be looked up before a node can be chosen. */
export function mustResolve(
	{ options, nodes }: DecisionState,
	nowMs: number,
): boolean {
	return options.nodeChoice.isResolutionDue(nodes, nowMs);
}

/** The wait is over: chooses transport and node, and lets the attempt begin. */
export function onDue(
	state: DecisionState,
	context: DecisionContext,
): Decision {
	const { nowMs } = context;
	if (mustResolve(state, nowMs)) {
		return { state, resolve: true };
	}
	const { options, keptOver, link } = state;
	const other =
		keptOver === undefined ? undefined : otherTransport(options, keptOver);
	const { transport, reason } =
		other === undefined
			? selectTransport(state.selection, nowMs)
			: {
					transport: other,
					reason: `${other}, beside a silent attempt over ${keptOver!}.`,
				};
	// What did not change is shared: a simulated fleet makes millions of attempts.
	const settled =
		keptOver === undefined ? state : { ...state, keptOver: undefined };
	// Where there is a link that drains, its node is left for another.
	const chosen = chooseTarget(settled, transport, link?.node, context);
	const begun = begin(chosen.state, { transport, node: chosen.node }, context);
	return { state: begun.state, dial: begun.dial, why: reason };
}

/** Another transport than the one over which an attempt is kept in silence, that can be dialled beside it. */
function otherTransport(
	{ transports }: DecisionState['options'],
	than: TransportName,
): TransportName | undefined {
	return transports.find(
		({ name, handover }) => name !== than && handover !== 'break-before-make',
	)?.name;
}

/** Chooses the node for an attempt over a transport. */
export function chooseTarget(
	state: DecisionState,
	transport: TransportName,
	avoid: string | undefined,
	{ nowMs, random }: DecisionContext,
): { state: DecisionState; node: NodeAddress | undefined } {
	const { nodeChoice, transports } = state.options;
	const chosen = nodeChoice.choose(state.nodes, {
		nowMs,
		random,
		avoid,
		transport: transports.find(({ name }) => name === transport),
	});
	return {
		state:
			chosen.state === state.nodes
				? state
				: withCores(state, { nodes: chosen.state }),
		node: chosen.node,
	};
}

/** An attempt begins now, and is charged to the budget. */
export function begin(
	state: DecisionState,
	plan: Pick<Dial, 'failback'> & {
		readonly transport: TransportName;
		readonly node: NodeAddress | undefined;
	},
	context: DecisionContext,
): Decision {
	const { transport, node, failback } = plan;
	const { options, link } = state;
	const apart = (name: TransportName) =>
		handoverOf(options.transports, name) === 'break-before-make';
	const handover: Dial['handover'] =
		apart(transport) || (link !== undefined && apart(link.transport))
			? 'break-before-make'
			: 'make-before-break';
	const { connectDeadlineMs } = options;
	const target = { transport, node: node?.name };
	// Each property is named: of two spreads in one object V8 makes a slow call, and a simulated fleet makes millions.
	const dialFor = ({ aloneMs, keptMs }: Patience): Dial => ({
		target,
		node,
		connectDeadlineMs,
		failback,
		handover,
		aloneMs,
		keptMs,
	});
	if (failback !== undefined && handover === 'break-before-make') {
		// Only probed so far, which shows no credentials.
		return { state, dial: dialFor({ aloneMs: 0, keptMs: 0 }) };
	}
	const keepable = !apart(transport) && failback === undefined;
	const otherWay = keepable && otherTransport(options, transport) !== undefined;
	const { state: pacing, patience } = pace(
		state.pacing,
		{ type: 'attempt', keepable, otherWay, next: isNext(state, node?.name) },
		context,
	);
	return { state: withCores(state, { pacing }), dial: dialFor(patience!) };
}

/** Whether a node is asked for the first time, after others were in vain. */
function isNext({ nodes }: DecisionState, node: string | undefined): boolean {
	return (
		node !== undefined &&
		nodes.records[node]?.triedAtMs === undefined &&
		countUntried(nodes) < nodes.nodes.length
	);
}

export function handoverOf(
	transports: DecisionState['options']['transports'],
	name: TransportName,
): Dial['handover'] {
	const traits = transports.find((one) => one.name === name);
	return traits?.handover ?? 'make-before-break';
}

/** An attempt failed: the wait before the next one, or, beside a live link, when to look at it again. */
export function onAttemptFailed(
	before: DecisionState,
	{ dial, outcome, tookMs }: Extract<DecisionEvent, { type: 'attempt-failed' }>,
	context: DecisionContext,
): Decision {
	if (dial.failback !== undefined) {
		return onFailbackFailed(before, dial, outcome, context);
	}
	const { transport, node } = dial.target;
	const constant = saysConstant(before.pacing, outcome);
	const state = tellSelection(
		tellNodes(before, node, { type: 'ended', outcome, constant }, context),
		{
			transport,
			event: { ended: outcome, lastedMs: 0, stable: false },
		},
		context,
	);
	const keptOver = keptTransport(before, dial, outcome);
	const failed = waitFromPacing(
		keptOver === state.keptOver ? state : { ...state, keptOver },
		{
			type: 'ended',
			outcome,
			tookMs,
			targets: targetsOf(state, node, wasTried(state, node, context)),
		},
		context,
	);
	return heedConfiguration(failed, context);
}

function wasTried(
	{ nodes }: DecisionState,
	node: string | undefined,
	{ nowMs }: DecisionContext,
): boolean {
	return node !== undefined && nodes.records[node]?.triedAtMs === nowMs;
}

/** The transport of an attempt that is kept in silence from now on, where there is another to try. */
function keptTransport(
	{ pacing }: DecisionState,
	{ target, keptMs }: Dial,
	outcome: Outcome,
): TransportName | undefined {
	const { otherWay = false, refusals = 0 } = pacing.episode ?? {};
	return keptMs > 0 && otherWay && refusals === 0 && isSilent(outcome)
		? target.transport
		: undefined;
}

/**
 * Whether a silent attempt that is kept holds its place in a queue beside a link that came up: where its transport is preferred to the
 * link's, and the two can be up at once.
 */
export function keepsPlace(
	transports: DecisionState['options']['transports'],
	kept: Dial,
	link: TransportName,
	handover?: Dial['handover'],
): boolean {
	const rank = (of: TransportName) =>
		transports.findIndex(({ name }) => name === of);
	return (
		handover !== 'break-before-make' && rank(kept.target.transport) < rank(link)
	);
}
