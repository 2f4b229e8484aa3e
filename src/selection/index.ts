export { failbackDue, reportFailback } from './failback.js';
export { rememberSelection, type SavedSelection } from './saved.js';
export {
	createSelection,
	networkChanged,
	reportTransport,
	selectTransport,
	type SelectionOptions,
	type TransportReport,
} from './select.js';
export type { SelectionState } from './state.js';
