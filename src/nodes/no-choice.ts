import type { NodeChoice } from './node-choice.js';
import { NODE_SETTINGS } from './settings.js';
import type { NodesState } from './state.js';

const NONE: NodesState = {
	settings: NODE_SETTINGS,
	deviceHash: 0,
	entries: [],
	nodes: [],
	records: {},
};

/** For transports that know their own node: there is none to choose. */
export const noNodeChoice: NodeChoice = {
	create: () => NONE,
	remember: () => ({}),
	withNodes: (state) => state,
	withAddresses: (state) => state,
	isResolutionDue: () => false,
	choose: (state) => ({ node: undefined, state }),
	report: (state) => state,
	nodeFailbackDue: () => undefined,
};
