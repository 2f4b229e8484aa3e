import { reportFailback, failbackDue } from '../selection/index.js';
import { nextAttemptMs } from '../pacing/index.js';
import type { NodeAddress, TransportName } from '../transport.js';
import { begin, chooseTarget, handoverOf, mustResolve } from './attempt.js';
import { targetsOf, tellNodes } from './cores.js';
import type { DecisionState, LinkState } from './state.js';
import type { Decision, DecisionContext, Dial, Failback } from './types.js';

/** How often to look again where nothing was better: configuration, hints and penalties change. */
const LOOK_AGAIN_MS = 900_000;

/** A better link to try beside the live one. */
interface Better {
	readonly inMs: number;
	readonly failback: Failback;
	readonly transport: TransportName;
	/** The preferred node; undefined where only the transport is to be another. */
	readonly node?: NodeAddress;
}

/** Looks at the current link: whether it has proved stable, and whether there is a better one to try beside it. */
export function onReview(
	before: DecisionState,
	context: DecisionContext,
): Decision {
	const { nowMs } = context;
	const state = withStability(before, context);
	const { link } = state;
	if (link === undefined || link.draining) {
		return { state };
	}
	const better = nextBetter(state, link, nowMs);
	const stableInMs = link.upAtMs + state.options.pacing.stableAfterMs - nowMs;
	// Whether there is a preferred node to go to is known once the link is stable.
	const lookAgainMs = link.stable ? LOOK_AGAIN_MS : Math.max(0, stableInMs);
	if (better === undefined || better.inMs > 0) {
		// Whole milliseconds, so that no fraction that is lost in a sum makes it come too early for ever.
		const inMs = Math.ceil(Math.min(better?.inMs ?? Infinity, lookAgainMs));
		return { state, reviewInMs: inMs };
	}
	return tryBetter(state, better, context);
}

function withStability(
	state: DecisionState,
	context: DecisionContext,
): DecisionState {
	const { link, options } = state;
	if (
		link === undefined ||
		link.stable ||
		context.nowMs < link.upAtMs + options.pacing.stableAfterMs
	) {
		return state;
	}
	return {
		...tellNodes(state, link.node, { type: 'stable' }, context),
		link: { ...link, stable: true },
	};
}

/** What is better than the live link, and in how long it may be tried. Undefined while nothing is. */
function nextBetter(
	state: DecisionState,
	{ transport, node }: LinkState,
	nowMs: number,
): Better | undefined {
	const { options, selection, nodes, pacing } = state;
	// Not over another transport either, before a node said so; nor at one of several while each of them said so.
	const notBeforeMs = pacing.episode?.notBeforeMs ?? nowMs;
	const earliestMs = Math.max(
		notBeforeMs,
		targetsOf(state)?.freeAtMs ?? nowMs,
		nextAttemptMs(pacing),
	);
	const inMs = (at: number) => Math.max(0, at - nowMs, earliestMs - nowMs);
	const how = failbackDue(selection, transport, nowMs);
	const where =
		node !== undefined &&
		handoverOf(options.transports, transport) === 'make-before-break'
			? options.nodeChoice.nodeFailbackDue(nodes, node)
			: undefined;
	if (how && !(where && where.at < how.at)) {
		return {
			inMs: inMs(how.at),
			failback: 'transport',
			transport: how.transport,
		};
	}
	return (
		where && {
			inMs: inMs(where.at),
			failback: 'node',
			transport,
			node: where.node,
		}
	);
}

function tryBetter(
	state: DecisionState,
	{ failback, transport, node }: Better,
	context: DecisionContext,
): Decision {
	if (node !== undefined) {
		return begin(state, { transport, node, failback }, context);
	}
	if (mustResolve(state, context.nowMs)) {
		return { state, resolve: true };
	}
	const chosen = chooseTarget(state, transport, undefined, context);
	return begin(
		chosen.state,
		{ transport, node: chosen.node, failback },
		context,
	);
}

/** The probe of a failback went all the way. */
export function onFailbackOpen(
	state: DecisionState,
	{ failback, target }: Dial,
	context: DecisionContext,
): Decision {
	if (failback !== 'transport') {
		return { state };
	}
	const report = { transport: target.transport, ok: true };
	const selection = reportFailback(state.selection, report, context);
	return { state: { ...state, selection } };
}
