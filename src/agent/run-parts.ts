import type { Dial } from '../decisions/index.js';
import type { Announcer } from './announcer.js';
import type { Attempt } from './attempt.js';
import type { Attempts } from './attempts.js';
import type { CurrentLink } from './current-link.js';
import type { Decider } from './decider.js';
import type { ResolvedOptions } from './options.js';
import type { Pause } from './pause.js';

/** What the parts of a run have in common. */
export interface RunParts {
	/** As they are now: a configuration may change while the agent runs. */
	readonly options: () => ResolvedOptions;
	readonly decider: Decider;
	readonly pause: Pause;
	readonly current: CurrentLink;
	readonly announcer: Announcer;
	/** Aborted when the agent is to stop. */
	readonly stopping: AbortSignal;
	readonly attempts: Attempts;
	/** Begins an attempt, counted and announced. */
	readonly begin: (plan: Dial, signal: AbortSignal) => Attempt;
	/** Looks names up, as was decided, and tells what was found. Rejects only with the signal's reason. */
	readonly resolve: (signal: AbortSignal) => Promise<void>;
}
