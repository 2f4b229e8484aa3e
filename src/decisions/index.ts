export { decide } from './decide.js';
export {
	readDocument,
	writeDocument,
	type ReadDocument,
	type StateDocument,
} from './document.js';
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
	DecisionOptions,
	Dial,
	Failback,
	Leave,
	LinkUp,
	Target,
	TransportTraits,
} from './types.js';
