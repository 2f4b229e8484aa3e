export { clusterAsScenario, herdAsScenario } from './as-scenario.js';
export type { Measured } from './measured.js';
export { recommend, type Advice, type Outcome } from './recommend.js';
export {
	leastRefused,
	type AtDoor,
	type Choice,
	type Limiter,
	type Trial,
} from './trials.js';
