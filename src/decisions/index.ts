export { decide } from './decide.js';
export {
	readDocument,
	writeDocument,
	type ReadDocument,
	type StateDocument,
} from './document.js';
export type { DecisionOptions, TransportTraits } from './options.js';
export {
	createDecisions,
	type DecisionState,
	type LinkState,
	type StandbyState,
} from './state.js';
export type {
	Decision,
	DecisionContext,
	DecisionEvent,
	Dial,
	Failback,
	Leave,
	LinkUp,
	Target,
} from './types.js';
