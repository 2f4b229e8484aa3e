export { keepsPlace } from './attempt.js';
export { decide } from './decide.js';
export { readDocument, writeDocument } from './document.js';
export type { DecisionOptions } from './options.js';
export { createDecisions, type DecisionState } from './state.js';
export type { Decision, DecisionEvent, Dial, Leave, Target } from './types.js';
