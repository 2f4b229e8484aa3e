import { outcome } from '../outcome.js';
import { createSelection } from '../selection/index.js';
import { isConfigured, tellPacing, waitFromPacing } from './cores.js';
import {
	selectionOptions,
	type DecisionState,
	type LinkState,
} from './state.js';
import type { Decision, DecisionContext, Leave } from './types.js';
import type { DecisionOptions } from './options.js';

/** The device starts, with what it remembers: the first wait. */
export function onStart(
	state: DecisionState,
	context: DecisionContext,
): Decision {
	const first = waitFromPacing(state, { type: 'start' }, context);
	const { lastNode, options } = state;
	if (options.nodes.length === 0 || isConfigured(state, lastNode)) {
		return first;
	}
	// The configuration changed while nothing ran.
	const moved = tellPacing(
		{ ...first.state, lastNode: undefined },
		{ type: 'configured', device: false, elsewhere: true },
		context,
	);
	return { state: moved.state, wait: moved.wait ?? first.wait };
}

/** The options are others from now on. */
export function onConfigured(
	before: DecisionState,
	options: DecisionOptions,
	key: boolean,
	context: DecisionContext,
): Decision {
	const state = withOptions(before, options, context);
	const device = key || options.uuid !== before.options.uuid;
	const elsewhere =
		state.lastNode !== undefined && !isConfigured(state, state.lastNode);
	const paced = tellPacing(
		state,
		{ type: 'configured', device, elsewhere },
		context,
	);
	const { link } = state;
	const leave =
		link && !link.draining
			? outdated(paced.state, link, before.options.uuid)
			: undefined;
	// With neither a wait nor a link an attempt is under way: it was begun with the old configuration.
	const dialling =
		state.pacing.running === undefined &&
		link === undefined &&
		(device || elsewhere);
	return {
		...paced,
		state: dialling
			? { ...paced.state, unheeded: { device, elsewhere } }
			: paced.state,
		...(leave ? { leave } : {}),
	};
}

function withOptions(
	state: DecisionState,
	options: DecisionOptions,
	{ nowMs }: DecisionContext,
): DecisionState {
	const { uuid, nodes: entries, nodeChoice } = options;
	const { settings } = createSelection(selectionOptions(options));
	return {
		...state,
		options,
		nodes:
			uuid === state.options.uuid
				? nodeChoice.withNodes(state.nodes, entries, nowMs)
				: nodeChoice.create({ uuid, nodes: entries }),
		selection: { ...state.selection, settings },
	};
}

/** Lets a change that came during an attempt end the wait that follows the attempt's failure. */
export function heedConfiguration(
	failed: Decision,
	context: DecisionContext,
): Decision {
	const { unheeded } = failed.state;
	if (unheeded === undefined) {
		return failed;
	}
	const state = { ...failed.state, unheeded: undefined };
	const heeded = tellPacing(
		state,
		{ type: 'configured', ...unheeded },
		context,
	);
	return { state: heeded.state, wait: heeded.wait ?? failed.wait };
}

/** Why a link that was made in the name of `uuid` is no longer what the configuration asks for, if so. */
export function outdated(
	state: DecisionState,
	{ node, peer }: LinkState,
	uuid: string,
): Leave | undefined {
	if (uuid !== state.options.uuid) {
		const message = 'The configuration names another device.';
		return { outcome: outcome('superseded', message), serving: false };
	}
	if (!isConfigured(state, node)) {
		// As from a node that drains: the link serves on until one to the new nodes is up.
		const message = `The configuration no longer names ${peer}.`;
		return { outcome: outcome('superseded', message), serving: true };
	}
	return undefined;
}
