export { createPacing, remember, type SavedPacing } from './saved.js';
export {
	pacingOptions,
	resolvePacing,
	type PacingInput,
	type PacingOptions,
} from './options.js';
export { saysConstant } from './constant.js';
export { pace } from './pace.js';
export { PRESETS, type PresetName } from './presets.js';
export { nextAttemptMs } from './settle.js';
export type { PacingState } from './state.js';
export type { Patience } from './laws/patience.js';
export type { Targets } from './targets.js';
export { LAWS, type Law, type PacingEvent, type Wait } from './types.js';
