import { boundedMs, type Hint } from '../hint.js';
import {
	outcome,
	OUTCOMES,
	type Outcome,
	type OutcomeCode,
} from '../outcome.js';

/*
 * What a transport of somebody else's says, before anything is decided by it. What is as it has to be is passed on as it
 * is; the types promise no more than the one who wrote them.
 */

const VALID: Record<keyof Hint, (value: unknown) => boolean> = {
	retryAfterMs: isDuration,
	reconnectWindowMs: isDuration,
	drainDeadlineMs: isDuration,
	nodeAgeMs: isDuration,
	nodeLoad: (value) => typeof value === 'number' && value >= 0 && value <= 1,
	goElsewhere: (value) => typeof value === 'boolean',
};

function isDuration(value: unknown): boolean {
	return boundedMs(value) === value;
}

/** The fields of a hint that say something; `onWrong` hears of those that do not. */
export function checkedHint(
	said: unknown,
	onWrong: (message: string) => void,
): Hint {
	const fields = Object.entries(Object(said) as object);
	const good = fields.filter(
		([name, value]) =>
			value === undefined ||
			(Object.hasOwn(VALID, name) && VALID[name as keyof Hint](value)),
	);
	if (good.length === fields.length && typeof said === 'object' && said) {
		return said;
	}
	onWrong('gave a hint that is none');
	return Object.fromEntries(good);
}

/**
 * How an attempt or a link ended. Where that was not said, or where it is said to be our own doing and is not, `otherwise`
 * takes its place.
 */
export function checkedOutcome(
	said: unknown,
	otherwise: OutcomeCode,
	onWrong: (message: string) => void = () => undefined,
	{ ours = false } = {},
): Outcome {
	const { kind, code, message, hint, cause } = Object(said) as Partial<Outcome>;
	if (
		code === undefined ||
		!Object.hasOwn(OUTCOMES, code) ||
		OUTCOMES[code].kind !== kind ||
		typeof message !== 'string' ||
		(kind === 'stopped' && !ours)
	) {
		onWrong('did not say how an attempt or a link ended');
		return outcome(otherwise, 'The transport did not say how it ended.');
	}
	const checked = hint && checkedHint(hint, onWrong);
	return checked === hint
		? (said as Outcome)
		: outcome(code, message, { hint: checked, cause });
}
