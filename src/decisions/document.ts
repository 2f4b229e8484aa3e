import { createPacing, remember } from '../pacing/index.js';
import { createSelection, rememberSelection } from '../selection/index.js';
import {
	createDecisions,
	selectionOptions,
	type DecisionState,
} from './state.js';
import type { DecisionOptions } from './options.js';

/** Raised when a section changes its meaning. One that only gains or loses fields keeps it. */
const VERSION = 2;

/**
 * What a device takes into its next life, as plain JSON: one section for each core, and the last node that
 * something was heard of. Moments are durations relative to when it was written, so that no clock needs to be
 * right. Bound to the device: a golden image that was made of a device that had run must not give a whole fleet the
 * same phase and the same wait.
 */
export interface StateDocument {
	readonly version: typeof VERSION;
	readonly uuid: string;
	readonly pacing: unknown;
	readonly nodes: unknown;
	readonly selection: unknown;
	readonly node?: string;
}

export function writeDocument(
	{ options, pacing, nodes, selection, lastNode }: DecisionState,
	nowMs: number,
): StateDocument {
	return {
		version: VERSION,
		uuid: options.uuid,
		pacing: remember(pacing, nowMs),
		nodes: options.nodeChoice.remember(nodes, nowMs),
		selection: rememberSelection(selection, nowMs),
		...(lastNode === undefined ? {} : { node: lastNode }),
	};
}

/** What was read: the state to start with, and a sentence where the document was not used. */
export interface ReadDocument {
	readonly state: DecisionState;
	readonly unused?: string;
}

/**
 * The state of a device at its start. `savedAtMs` is the moment of writing on this life's monotonic clock; for
 * `ranMs` of the time since then the machine was on for certain, which counts as waited.
 * Nothing in the document is trusted: a section, a field or a law that is not understood (a newer version wrote it,
 * or a hand) loses itself and nothing else.
 */
export function readDocument(
	options: DecisionOptions,
	document: unknown,
	savedAtMs: number,
	ranMs = 0,
): ReadDocument {
	const fresh = createDecisions(options);
	if (document === undefined) {
		return { state: fresh };
	}
	const known = migrate(document, options.uuid);
	if (known === undefined) {
		return {
			state: fresh,
			unused: 'It is not a state document of this package.',
		};
	}
	if (known.uuid !== options.uuid) {
		return { state: fresh, unused: 'It belongs to another device.' };
	}
	const { uuid, nodes, nodeChoice } = options;
	return {
		state: {
			...fresh,
			pacing: createPacing(options.pacing, known.pacing, ranMs),
			nodes: nodeChoice.create({ uuid, nodes }, known.nodes, savedAtMs),
			selection: createSelection(
				selectionOptions(options),
				known.selection,
				savedAtMs,
			),
			lastNode: typeof known.node === 'string' ? known.node : undefined,
		},
	};
}

type Known = Partial<Record<keyof StateDocument, unknown>>;

/** The document in today's layout. Until version 2 it named no device; what such a one says is taken for this device's. */
function migrate(document: unknown, uuid: string): Known | undefined {
	if (typeof document !== 'object' || document === null) {
		return undefined;
	}
	const known: Known = document;
	const { version } = known;
	if (typeof version !== 'number' || !(version >= 1)) {
		return undefined;
	}
	return version === 1 ? { ...known, uuid } : known;
}
