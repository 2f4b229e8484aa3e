export { failbackDue, reportFailback } from './failback.js';
export { rememberSelection, type SelectionMemory } from './memory.js';
export {
	createSelection,
	networkChanged,
	reportTransport,
	selectTransport,
	type SelectionOptions,
	type TransportReport,
} from './select.js';
export type { SelectionState } from './state.js';
