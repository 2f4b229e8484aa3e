import { CloudlinkError } from '../errors.js';
import {
	countUntried,
	freeAtMs,
	isKnown,
	type NodeEvent,
} from '../nodes/index.js';
import type { Outcome } from '../outcome.js';
import {
	pace,
	type PacingEvent,
	type Targets,
	type Wait,
} from '../pacing/index.js';
import { reportTransport, type TransportReport } from '../selection/index.js';
import { withCores, type DecisionState } from './state.js';
import type { Decision, DecisionContext } from './types.js';

/** Tells pacing; the answer carries the wait, where there is one. */
export function tellPacing(
	state: DecisionState,
	event: PacingEvent,
	context: DecisionContext,
): Decision {
	const { state: pacing, wait } = pace(state.pacing, event, context);
	const next = withCores(state, { pacing });
	return wait === undefined ? { state: next } : { state: next, wait };
}

/** For events that pacing always answers with a wait. */
export function waitFromPacing(
	state: DecisionState,
	event: PacingEvent,
	context: DecisionContext,
): Decision & { readonly wait: Wait } {
	const { state: next, wait } = tellPacing(state, event, context);
	if (wait === undefined) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INTERNAL',
			`Pacing had no answer to ${event.type}.`,
		);
	}
	return { state: next, wait };
}

/** What pacing has to know of the nodes. */
export function targetsOf(
	{ nodes, options }: DecisionState,
	asked?: string,
	isTrial = false,
): Targets | undefined {
	return options.nodes.length === 0
		? undefined
		: {
				untried: isTrial ? countUntried(nodes) : 0,
				freeAtMs: freeAtMs(nodes),
				reserved: asked !== undefined && nodes.reservation?.name === asked,
			};
}

/** Tells the choice of node. */
export function tellNodes(
	state: DecisionState,
	node: string | undefined,
	event: NodeEvent,
	{ nowMs }: DecisionContext,
): DecisionState {
	if (node === undefined) {
		return state;
	}
	const { nodeChoice } = state.options;
	const nodes = nodeChoice.report(state.nodes, node, event, nowMs);
	return nodes === state.nodes && node === state.lastNode
		? state
		: withCores(state, { lastNode: node, nodes });
}

/** Tells the choice of transport. */
export function tellSelection(
	state: DecisionState,
	report: TransportReport,
	context: DecisionContext,
): DecisionState {
	const selection = reportTransport(state.selection, report, context);
	return selection === state.selection
		? state
		: withCores(state, { selection });
}

/** Tells both choices that a link is gone, was told to go, or is left. */
export function tellLinkEnd(
	state: DecisionState,
	outcome: Outcome,
	context: DecisionContext,
): DecisionState {
	const { link, options } = state;
	if (link === undefined) {
		return state;
	}
	const lastedMs = context.nowMs - link.upAtMs;
	const stable = lastedMs >= options.pacing.stableAfterMs;
	return tellSelection(
		tellNodes(state, link.node, { type: 'ended', outcome }, context),
		{
			transport: link.transport,
			event: { ended: outcome, lastedMs, stable },
		},
		context,
	);
}

/** Whether a node is among the configured ones, or found behind one; the transport's own always is. */
export function isConfigured(
	{ nodes }: DecisionState,
	node: string | undefined,
): boolean {
	return node === undefined || isKnown(nodes, node);
}
