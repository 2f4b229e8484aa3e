import type { StateName } from '../../agent/state.js';
import type { OutcomeKind } from '../../outcome.js';

/** Every word of a union, and no other: a new one does not compile until it is here. */
const all = <T extends string>(words: Record<T, true>) =>
	Object.keys(words) as T[];

/** The values of the label `state`. */
export const STATES = all<StateName>({
	stopped: true,
	waiting: true,
	connecting: true,
	up: true,
	draining: true,
});

/** The values of the label `outcome`. */
export const OUTCOME_KINDS = all<OutcomeKind>({
	unreachable: true,
	overloaded: true,
	throttled: true,
	rejected: true,
	misconfigured: true,
	drained: true,
	lost: true,
	stopped: true,
});
