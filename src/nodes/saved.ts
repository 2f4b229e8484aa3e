import { isIP } from 'node:net';

import * as v from '../schema.js';

import { lenient, lenientList } from '../lenient.js';
import { limitRemembered, withAddresses, type Found } from './found.js';
import { forgivenAtMs } from './penalty.js';
import type { NodeRecord, NodesState } from './state.js';

const age = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(300));

const foundNode = v.object({
	name: text,
	port: v.pipe(v.number(), v.integer()),
	addresses: v.array(
		v.pipe(
			v.string(),
			v.check((one) => isIP(one) !== 0),
		),
	),
	priority: v.optional(age),
	weight: v.optional(age),
});

/** A device that was off for longer begins with its own order of nodes. */
const TRIED_MEMORY_MS = 3600_000;

const savedSchema = v.object({
	lastGood: lenient(v.object({ name: text, ageMs: age })),
	reservation: lenient(
		v.object({ name: text, leftMs: age, refusals: v.pipe(age, v.integer()) }),
	),
	penalties: lenientList(v.object({ name: text, value: age, ageMs: age })),
	early: lenientList(v.object({ name: text, leftMs: age })),
	tried: lenientList(v.object({ name: text, ageMs: age })),
	found: lenient(v.record(text, lenientList(foundNode))),
});

/**
 * What the choice of node takes into its next life, as JSON. All times are relative to the moment when it
 * was taken, so that no clock needs to be right.
 */
export interface SavedNodes {
	readonly lastGood?: { readonly name: string; readonly ageMs: number };
	/** The turn that a node gave, and for how long it is still kept. */
	readonly reservation?: {
		readonly name: string;
		readonly leftMs: number;
		readonly refusals: number;
	};
	readonly penalties?: ReadonlyArray<{
		readonly name: string;
		readonly value: number;
		readonly ageMs: number;
	}>;
	/** Nodes that do not want the device back yet, and for how long. */
	readonly early?: ReadonlyArray<{
		readonly name: string;
		readonly leftMs: number;
	}>;
	/** Nodes that failed since a link was last stable, and how long ago. */
	readonly tried?: ReadonlyArray<{
		readonly name: string;
		readonly ageMs: number;
	}>;
	/** What was last found behind each configured name, for when nothing can be resolved. */
	readonly found?: Found;
}

/** What is to be saved at this moment. */
export function rememberNodes(state: NodesState, nowMs: number): SavedNodes {
	const { lastGood, reservation, records, found, settings } = state;
	const penalties = Object.entries(records).flatMap(([name, { penalty }]) =>
		penalty === undefined || nowMs >= forgivenAtMs(penalty, settings)
			? []
			: [{ name, value: penalty.value, ageMs: since(penalty.atMs, nowMs) }],
	);
	const early = Object.entries(records).flatMap(([name, record]) => {
		const leftMs = (record.notBeforeMs ?? nowMs) - nowMs;
		return leftMs > 0 ? [{ name, leftMs }] : [];
	});
	const tried = Object.entries(records).flatMap(([name, { triedAtMs }]) =>
		triedAtMs === undefined ? [] : [{ name, ageMs: since(triedAtMs, nowMs) }],
	);
	return {
		lastGood: lastGood && {
			name: lastGood.name,
			ageMs: since(lastGood.atMs, nowMs),
		},
		reservation:
			reservation === undefined || nowMs > reservation.untilMs
				? undefined
				: {
						name: reservation.name,
						leftMs: reservation.untilMs - nowMs,
						refusals: reservation.refusals,
					},
		penalties: penalties.length > 0 ? penalties : undefined,
		early: early.length > 0 ? early : undefined,
		tried: tried.length > 0 ? tried : undefined,
		found: found && limitRemembered(found),
	};
}

function since(atMs: number, nowMs: number): number {
	return Math.max(0, nowMs - atMs);
}

/** Puts what was saved into a fresh state. What is of a wrong shape, from another version perhaps, is left out. */
export function restore(
	fresh: NodesState,
	saved: unknown,
	savedAtMs: number,
): NodesState {
	const parsed = v.safeParse(savedSchema, saved);
	if (!parsed.success) {
		return fresh;
	}
	const {
		lastGood,
		reservation,
		penalties = [],
		early = [],
		tried = [],
		found,
	} = parsed.output;
	const withFound: NodesState =
		found === undefined
			? fresh
			: {
					...withAddresses(fresh, found, savedAtMs),
					// Good enough to fall back on, not to go without a look-up.
					resolvedAtMs: undefined,
				};
	const names = new Set(withFound.nodes.map(({ entry }) => entry.name));
	const records: Record<string, NodeRecord> = Object.fromEntries(
		penalties
			.filter(({ name }) => names.has(name))
			.map(({ name, value, ageMs }) => [
				name,
				{
					penalty: {
						value: Math.min(value, fresh.settings.maxPenalty),
						atMs: savedAtMs - ageMs,
					},
				},
			]),
	);
	for (const { name, leftMs } of early) {
		if (names.has(name)) {
			const notBeforeMs = savedAtMs + leftMs;
			records[name] = { ...records[name], notBeforeMs };
		}
	}
	for (const { name, ageMs } of tried) {
		if (names.has(name) && ageMs - savedAtMs < TRIED_MEMORY_MS) {
			records[name] = { ...records[name], triedAtMs: savedAtMs - ageMs };
		}
	}
	return {
		...withFound,
		records,
		lastGood:
			lastGood && names.has(lastGood.name)
				? { name: lastGood.name, atMs: savedAtMs - lastGood.ageMs }
				: undefined,
		reservation:
			reservation && names.has(reservation.name)
				? {
						name: reservation.name,
						untilMs: savedAtMs + reservation.leftMs,
						refusals: reservation.refusals,
					}
				: undefined,
	};
}
