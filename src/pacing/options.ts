import * as v from '../schema.js';

import { checkOptions, durationMs, positiveMs } from '../options.js';
import type { PacingNumbers } from './numbers.js';
import { PRESETS, type PresetName } from './presets.js';

export type { PacingNumbers } from './numbers.js';

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
export const pacingOptions = v.strictObject(
	{
		preset: v.optional(
			v.picklist(
				['default', 'cellular', 'lab'],
				'must be `default`, `cellular` or `lab`',
			),
			'default',
		),
		...v.partial(v.strictObject(numbers)).entries,
		bytesPerHour: v.optional(perHour),
	},
	"must be an object like { preset: 'cellular' }",
) satisfies v.Schema<PacingInput>;

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

export interface PacingOptions extends PacingNumbers {
	readonly preset: PresetName;
}
