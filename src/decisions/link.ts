import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import { outdated } from './configuration.js';
import {
	isConfigured,
	targetsOf,
	tellLinkEnd,
	tellNodes,
	tellPacing,
	tellSelection,
	waitFromPacing,
} from './cores.js';
import type { DecisionState, LinkState } from './state.js';
import type { Decision, DecisionContext, LinkUp } from './types.js';

/** A link is up: it is the current one from now on, and the one before it retires or stands by. */
export function onUp(
	before: DecisionState,
	{ target, peer, uuid, tookMs }: LinkUp,
	context: DecisionContext,
): Decision {
	const { nowMs } = context;
	const link: LinkState = {
		transport: target.transport,
		node: target.node,
		peer,
		upAtMs: nowMs,
		stable: false,
		draining: false,
	};
	const left = before.link;
	const standby =
		left === undefined || left.draining
			? undefined
			: { link: left, untilMs: nowMs + before.options.standbyMs };
	const settled = {
		...before,
		standby,
		unheeded: undefined,
		keptOver: undefined,
	};
	const state = becomeCurrent(settled, link, context, tookMs);
	// The configuration may have changed while this link was dialled.
	const leave = outdated(state, link, uuid ?? state.options.uuid);
	return {
		state,
		reviewInMs: state.options.pacing.stableAfterMs,
		...(leave ? { leave } : {}),
	};
}

function becomeCurrent(
	before: DecisionState,
	link: LinkState,
	context: DecisionContext,
	tookMs?: number,
): DecisionState {
	const { transport, node } = link;
	const { state } = tellPacing(
		{ ...before, link },
		{ type: 'up', tookMs },
		context,
	);
	return tellSelection(
		tellNodes(state, node, { type: 'up' }, context),
		{ transport, event: 'up' },
		context,
	);
}

export function onHint(
	state: DecisionState,
	node: string | undefined,
	hint: Hint,
	context: DecisionContext,
): Decision {
	const heard = tellNodes(state, node, { type: 'hint', hint }, context);
	const targets = targetsOf(heard);
	return tellPacing(heard, { type: 'hint', hint, targets }, context);
}

/** The link was told to go. It serves on, and the wait for its successor begins. */
export function onLinkDraining(
	state: DecisionState,
	outcome: Outcome,
	context: DecisionContext,
): Decision {
	const { link } = state;
	const told = tellLinkEnd(state, outcome, context);
	return waitFromPacing(
		{ ...told, link: link && { ...link, draining: true } },
		{ type: 'ended', outcome, targets: targetsOf(told) },
		context,
	);
}

/** The link is gone: a standby takes over, or a wait begins. */
export function onLinkEnded(
	before: DecisionState,
	outcome: Outcome,
	context: DecisionContext,
): Decision {
	const { link, standby } = before;
	if (link?.draining) {
		// Its successor is under way. The last word may be that it shall come later.
		const { hint } = outcome;
		const state = { ...before, link: undefined };
		return hint === undefined
			? { state }
			: onHint(state, link.node, hint, context);
	}
	const told = tellLinkEnd(before, outcome, context);
	const ended = waitFromPacing(
		{ ...told, link: undefined, standby: undefined },
		{ type: 'ended', outcome, targets: targetsOf(told) },
		context,
	);
	if (standby === undefined || context.nowMs >= standby.untilMs) {
		return ended;
	}
	return {
		state: becomeCurrent(ended.state, standby.link, context),
		takeOver: true,
		reviewInMs: 0,
	};
}

/** A link is left of our own accord. */
export function onLinkLeft(
	state: DecisionState,
	outcome: Outcome,
	serving: boolean,
	context: DecisionContext,
): Decision {
	const { link } = state;
	return waitFromPacing(
		{
			...tellLinkEnd(state, outcome, context),
			link: serving && link ? { ...link, draining: true } : undefined,
			standby: undefined,
		},
		{
			type: 'left',
			reason: outcome.message,
			elsewhere: !isConfigured(state, link?.node),
		},
		context,
	);
}
