export { parseNode, parseNodes, type NodeEntry } from './address.js';
export { chooseNode, type ChooseContext } from './choose.js';
export { createNodes } from './create.js';
export {
	isResolutionDue,
	withAddresses,
	withNodes,
	type Found,
	type FoundNode,
} from './found.js';
export { nodeFailbackDue } from './failback.js';
export { noNodeChoice } from './no-choice.js';
export { nodeChoice, type NodeChoice } from './node-choice.js';
export { rememberNodes, type SavedNodes } from './saved.js';
export { reportNode, type NodeEvent } from './report.js';
export { NODE_SETTINGS } from './settings.js';
export { countUntried, freeAtMs, isKnown, type NodesState } from './state.js';
