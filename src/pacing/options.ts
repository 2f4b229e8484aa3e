import * as v from '../schema.js';

import { checkOptions, durationMs } from '../options.js';
import { PRESETS, type PresetName } from './presets.js';

const positiveMs = v.pipe(durationMs, v.minValue(1, 'must be at least 1 ms'));
const perHour = v.pipe(
	v.number('must be a number'),
	v.minValue(1, 'must be at least 1'),
);
const ascendingMs = v.pipe(
	v.array(positiveMs, 'must be a list of moments in milliseconds'),
	v.minLength(3, 'must have three moments at least'),
	v.check(
		(list) => list.every((at, i) => i === 0 || at > list[i - 1]!),
		'must rise from moment to moment',
	),
);

const numbers = {
	firstWindowMs: durationMs,
	startSpreadMs: durationMs,
	networkUpSpreadMs: durationMs,
	oldSessionMs: durationMs,
	congestionEdgesMs: ascendingMs,
	patienceMs: positiveMs,
	longestPatienceMs: positiveMs,
	localPeriodMs: positiveMs,
	backoffFirstMs: durationMs,
	backoffPeriodMs: positiveMs,
	slowFirstMs: positiveMs,
	slowLongestMs: positiveMs,
	stableAfterMs: durationMs,
	hintCeilingMs: positiveMs,
	offlineLongestMs: positiveMs,
	attemptsPerHour: perHour,
};

/** What a caller may give: a preset, and any number of it anew. All are optional. */
export const pacingOptions = v.strictObject({
	preset: v.optional(
		v.picklist(
			['default', 'cellular', 'lab'],
			'must be `default`, `cellular` or `lab`',
		),
		'default',
	),
	...v.partial(v.strictObject(numbers)).entries,
	bytesPerHour: v.optional(perHour),
}) satisfies v.Schema<PacingInput>;

/** What differs from a preset; see {@link PacingNumbers} for each key's meaning. */
export interface PacingInput extends Partial<PacingNumbers> {
	/** What the rest is taken from. @default 'default' */
	readonly preset?: PresetName;
}

/** A preset with its overrides, checked. Throws a CloudlinkError that names the wrong option. */
export function resolvePacing(input: PacingInput = {}): PacingOptions {
	const { preset, ...given } = checkOptions(pacingOptions, input, 'pacing');
	const overrides = Object.entries(given).filter(
		([, value]) => value !== undefined,
	);
	return Object.freeze({
		preset,
		...PRESETS[preset],
		...Object.fromEntries(overrides),
	});
}

/** What a preset varies or an operator may want to set. `docs/pacing.md` says what each trades against what. */
export interface PacingNumbers {
	/** A first attempt after a link was lost or drained, without a told window: uniform over this. */
	readonly firstWindowMs: number;
	/** The spread of the first attempt at `start()`, and after the wall clock jumped or the machine slept. */
	readonly startSpreadMs: number;
	/** The spread after the local network came back. */
	readonly networkUpSpreadMs: number;
	/** After a silent loss, no attempt before this: the node may still hold the old session. */
	readonly oldSessionMs: number;
	/**
	 * Half-turn edges of the law of congestion, in milliseconds from when the congestion began: the first is where
	 * the first turn begins, the third where it ends and the second begins, and so on; those between are its middle.
	 * Each device tries once in each turn, always at the same share of the way. The last turn is repeated for ever.
	 */
	readonly congestionEdgesMs: readonly number[];
	/** How long an attempt may stay silent once its connection was taken; four times as long after each that did. */
	readonly patienceMs: number;
	/** The longest such patience. */
	readonly longestPatienceMs: number;
	/** The longest wait while no node can even be asked: no name, no route, no proxy. */
	readonly localPeriodMs: number;
	/** The wait after the first unreachable attempt; each further one waits four times as long. */
	readonly backoffFirstMs: number;
	/** The longest wait after an unreachable attempt: a period, with each device at its own phase. */
	readonly backoffPeriodMs: number;
	/** The wait after the first `rejected` or `misconfigured`; doubled each time. */
	readonly slowFirstMs: number;
	/** The longest such wait. */
	readonly slowLongestMs: number;
	/** A link that stayed up for this long counts as success. Each such period halves what is remembered of the trouble. */
	readonly stableAfterMs: number;
	/** A node's retry-after or window longer than this counts as this. */
	readonly hintCeilingMs: number;
	/** While the local network is said to be down, an attempt is made after this long all the same. */
	readonly offlineLongestMs: number;
	/** The budget of attempts; saved up for an hour at most. */
	readonly attemptsPerHour: number;
	/** The budget of bytes, links and attempts together; no limit where it is absent. */
	readonly bytesPerHour?: number;
}

export interface PacingOptions extends PacingNumbers {
	readonly preset: PresetName;
}
