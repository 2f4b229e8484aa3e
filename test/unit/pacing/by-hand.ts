import type { Outcome } from '../../../src/outcome.js';
import {
	createPacing,
	pace,
	resolvePacing,
	type PacingEvent,
	type PacingState,
	type Wait,
} from '../../../src/pacing/index.js';
import { seededRandom } from '../../../src/testing/index.js';

/** Drives pacing by hand, and keeps the time. */
export function driver(seed = 1) {
	const random = seededRandom(seed);
	let state: PacingState = createPacing(resolvePacing());
	let nowMs = 0;
	const tell = (event: PacingEvent): Wait | undefined => {
		const paced = pace(state, event, { nowMs, random });
		state = paced.state;
		return paced.wait;
	};
	return {
		tell,
		pass: (ms: number) => {
			nowMs += ms;
		},
		attempt: (answer: Outcome | 'up'): Wait | undefined => {
			tell({ type: 'attempt' });
			return tell(
				answer === 'up' ? { type: 'up' } : { type: 'ended', outcome: answer },
			);
		},
	};
}
