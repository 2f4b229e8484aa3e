export { CloudlinkError, type ErrorCode } from './errors.js';
export type { Hint } from './hint.js';
export {
	DialError,
	type Outcome,
	type OutcomeCode,
	type OutcomeKind,
} from './outcome.js';
