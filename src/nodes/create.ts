import type { NodeEntry } from './address.js';
import { hashText } from './hash.js';
import { restore } from './saved.js';
import { NODE_SETTINGS, type NodeSettings } from './settings.js';
import { hashNodes, type NodesState } from './state.js';

export interface NodesOptions extends Partial<NodeSettings> {
	/** The device: with the node's name it decides which node is the device's first choice. */
	readonly uuid: string;
	/** What {@link parseNode} returned. */
	readonly nodes: readonly NodeEntry[];
}

const NO_RECORDS: NodesState['records'] = {};

/**
 * What a device knows at its start. `saved` is what {@link rememberNodes} gave in an earlier life, and
 * `savedAtMs` the moment of that on this life's monotonic clock: negative, or 0 if nothing is known of it.
 */
export function createNodes(
	options: NodesOptions,
	saved?: unknown,
	savedAtMs = 0,
): NodesState {
	const { uuid, nodes: entries, ...settings } = options;
	const state: NodesState = {
		settings:
			Object.keys(settings).length === 0
				? NODE_SETTINGS
				: { ...NODE_SETTINGS, ...settings },
		deviceHash: hashText(uuid),
		entries,
		nodes: hashNodes(entries),
		records: NO_RECORDS,
		lastGood: undefined,
		reservation: undefined,
		windowMs: undefined,
		found: undefined,
		resolvedAtMs: undefined,
	};
	return saved === undefined ? state : restore(state, saved, savedAtMs);
}
