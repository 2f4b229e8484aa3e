import * as v from '../schema.js';

import { lenient } from '../lenient.js';
import type { Evidence, Verdict } from './evidence.js';
import type { SelectionState } from './state.js';
import type { TransportName } from '../transport.js';

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const verdictSchema = v.object({
	level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
	leftMs: amount,
	why: v.picklist(['path', 'cut']),
	confirmed: v.boolean(),
	lifted: v.boolean(),
});

const transportSchema = v.object({
	failures: v.pipe(amount, v.integer()),
	verdict: lenient(verdictSchema),
});

const savedSchema = v.object({
	network: lenient(v.string()),
	lastGood: lenient(v.string()),
	transports: lenient(v.record(v.string(), lenient(transportSchema))),
});

/**
 * What the choice of transport takes into its next life, as JSON. All times are relative to the moment when
 * it was taken, so that no clock needs to be right.
 */
export type SavedSelection = v.InferOutput<typeof savedSchema>;

/** What is to be saved at this moment. */
export function rememberSelection(
	{ network, lastGood, evidence }: SelectionState,
	nowMs: number,
): SavedSelection {
	const transports = Object.entries(evidence).flatMap(
		([name, { failures, verdict }]) => {
			if (failures === 0 && verdict === undefined) {
				return [];
			}
			return [
				[name, { failures, verdict: verdict && keepVerdict(verdict, nowMs) }],
			];
		},
	);
	return { network, lastGood, transports: Object.fromEntries(transports) };
}

function keepVerdict({ untilMs, ...verdict }: Verdict, nowMs: number) {
	return { ...verdict, leftMs: Math.max(0, untilMs - nowMs) };
}

/** Puts what was saved into a fresh state. What is of a wrong shape, from another version perhaps, is left out. */
export function restoreSelection(
	fresh: SelectionState,
	saved: unknown,
	savedAtMs: number,
): SelectionState {
	const parsed = v.safeParse(savedSchema, saved);
	if (!parsed.success) {
		return fresh;
	}
	const { network, lastGood, transports = {} } = parsed.output;
	const { returnAfterMs, longestBlockMs } = fresh.settings;
	const longestMs = 1.5 * Math.max(returnAfterMs, longestBlockMs);
	const evidence: Record<TransportName, Evidence> = {};
	for (const name of fresh.transports) {
		const one = transports[name];
		if (one !== undefined) {
			const { failures, verdict } = one;
			evidence[name] = {
				failures,
				failedAtMs: savedAtMs,
				verdict: verdict && {
					...verdict,
					untilMs: savedAtMs + Math.min(verdict.leftMs, longestMs),
				},
			};
		}
	}
	return {
		...fresh,
		network,
		lastGood: fresh.transports.find((name) => name === lastGood),
		evidence,
	};
}
