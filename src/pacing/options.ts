import * as v from '../schema.js';

import { checkOptions, durationMs } from '../options.js';
import { PRESETS, type PresetName } from './presets.js';

const positiveMs = v.pipe(durationMs, v.minValue(1, 'must be at least 1 ms'));
const factor = v.pipe(
	v.number('must be a number'),
	v.finite('must be finite'),
	v.minValue(1, 'must be at least 1'),
);
const share = v.pipe(
	v.number('must be a number'),
	v.minValue(0, 'must be at least 0'),
	v.maxValue(1, 'must be at most 1'),
);
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
	clockStepSpreadMs: durationMs,
	oldSessionMs: durationMs,
	congestionEdgesMs: ascendingMs,
	refusedFloorMs: durationMs,
	secondTryFromMs: durationMs,
	secondTryShare: share,
	windowLead: share,
	windowStretch: factor,
	windowRetryFrom: share,
	windowRetryEnds: v.pipe(
		v.array(factor, 'must be a list of numbers'),
		v.minLength(1, 'must have one number at least'),
	),
	drainShare: share,
	slotJitterMs: durationMs,
	constantSpread: v.pipe(
		v.number('must be a number'),
		v.minValue(0, 'must not be negative'),
		v.maxValue(100, 'must be at most 100'),
	),
	backoffFirstMs: durationMs,
	backoffGrowth: factor,
	backoffPeriodMs: positiveMs,
	slowFirstMs: positiveMs,
	slowGrowth: factor,
	slowLongestMs: positiveMs,
	hedgeFromMs: durationMs,
	hedgeToMs: durationMs,
	stableAfterMs: durationMs,
	hintFloorMs: durationMs,
	hintCeilingMs: positiveMs,
	offlineLongestMs: positiveMs,
	longestWaitMs: positiveMs,
	attemptsPerHour: perHour,
	attemptBytes: v.pipe(v.number('must be a number'), v.minValue(0)),
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

/** Every number that pacing uses. `docs/pacing.md` says what each trades against what. */
export interface PacingNumbers {
	/** A first attempt after a link was lost or drained, without a told window: uniform over this. */
	readonly firstWindowMs: number;
	/** The spread of the first attempt at `start()`. */
	readonly startSpreadMs: number;
	/** The spread after the local network came back. */
	readonly networkUpSpreadMs: number;
	/** The spread after the wall clock jumped or the machine slept. */
	readonly clockStepSpreadMs: number;
	/** After a silent loss, no attempt before this: the node may still hold the old session. */
	readonly oldSessionMs: number;
	/**
	 * The turns of the congestion law: each device tries once between one moment and the next, counted from
	 * when the congestion began, always at the same share of the way. Beyond the last the ratio of the last
	 * two goes on for ever, so that the wait never stops growing.
	 */
	readonly congestionEdgesMs: readonly number[];
	/** After a refusal by a crowded node, no attempt before this. */
	readonly refusedFloorMs: number;
	/** From this moment of a congestion on, a device that is refused tries a second time in the same turn. */
	readonly secondTryFromMs: number;
	/** How much later, as a share of a turn. */
	readonly secondTryShare: number;
	/** A told window is used from this share of it on: first attempts of those who were told none come before. */
	readonly windowLead: number;
	/** A told window is used this much longer than told, so that its end is not crowded. */
	readonly windowStretch: number;
	/** A device that was refused inside a told window tries again not before this share of it ... */
	readonly windowRetryFrom: number;
	/** ... and before this many windows have passed: the first of these that is not yet close. Rising. */
	readonly windowRetryEnds: readonly number[];
	/** A successor to a draining link is dialled within this share of the time that the link has left. */
	readonly drainShare: number;
	/** A queue slot is kept to within this. */
	readonly slotJitterMs: number;
	/** A retry-after that turned out to be the same for all is spread over this many times the time since the congestion began. */
	readonly constantSpread: number;
	/** The wait after the first unreachable attempt. */
	readonly backoffFirstMs: number;
	/** By how much the wait grows with each further unreachable attempt. */
	readonly backoffGrowth: number;
	/** The longest wait after an unreachable attempt: a period, with each device at its own place in it. */
	readonly backoffPeriodMs: number;
	/** The wait after the first `rejected` or `misconfigured`. */
	readonly slowFirstMs: number;
	/** By how much that wait grows each time. */
	readonly slowGrowth: number;
	/** The longest such wait. */
	readonly slowLongestMs: number;
	/** A device that remembers a herd tries once between these two before its remembered place. */
	readonly hedgeFromMs: number;
	/** See `hedgeFromMs`. */
	readonly hedgeToMs: number;
	/** A link that stayed up for this long counts as success. Each such period halves what is remembered of the trouble. */
	readonly stableAfterMs: number;
	/** A node's retry-after or window shorter than this counts as this. */
	readonly hintFloorMs: number;
	/** A node's retry-after or window longer than this counts as this. */
	readonly hintCeilingMs: number;
	/** While the local network is said to be down, an attempt is made after this long all the same. */
	readonly offlineLongestMs: number;
	/** No wait of whatever law is longer than this. */
	readonly longestWaitMs: number;
	/** The budget of attempts; saved up for an hour at most. */
	readonly attemptsPerHour: number;
	/** The budget of bytes, links and attempts together; no limit where it is absent. */
	readonly bytesPerHour?: number;
	/** What an attempt costs of the budget of bytes: a TLS handshake and a refusal. */
	readonly attemptBytes: number;
}

export interface PacingOptions extends PacingNumbers {
	readonly preset: PresetName;
}
