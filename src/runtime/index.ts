export { systemClock, type Clock, type Timer } from './clock.js';
export { isoTime } from './iso-time.js';
export { onAbort } from './on-abort.js';
export { randomBelow, systemRandom, type Random } from './random.js';
export { untilAborted } from './until-aborted.js';
export { wait } from './wait.js';

import type { Clock } from './clock.js';
import type { Random } from './random.js';

/** Time and chance, handed down from the edge to everything that needs them. */
export interface Runtime {
	readonly clock: Clock;
	readonly random: Random;
}
