import type { Hint } from '../hint.js';
import type { Outcome, OutcomeCode } from '../outcome.js';
import { added, decayed, FORGIVEN } from './penalty.js';
import {
	withChange,
	isKnown,
	withRecord,
	type Faded,
	type NodesState,
} from './state.js';

/** What happened at a node. */
export type NodeEvent =
	/** A link is up and authenticated. */
	| { readonly type: 'up' }
	/** The link has stayed up for the stable period. */
	| { readonly type: 'stable' }
	/** An attempt failed, or a link ended, or was told to go. */
	| {
			readonly type: 'ended';
			readonly outcome: Outcome;
			/** The retry-after that came with it is the same for all, and says nothing about this device. @default false */
			readonly constant?: boolean;
	  }
	/** A live link was told something. */
	| { readonly type: 'hint'; readonly hint: Hint };

/** Causes that lie on the device itself, and say nothing about any node. */
const NO_FAULT: ReadonlySet<OutcomeCode> = new Set<OutcomeCode>([
	'clock-wrong',
	'key-unavailable',
	'no-resources',
	'openvpn-failed',
	'openvpn-missing',
	'proxy-unreachable',
	'stopped',
	'superseded',
]);

/** A reservation holds for this long past the moment that was told: a wait may be lengthened. */
const RESERVATION_GRACE_MS = 60_000;

/**
 * What a device knows after an event. A name that is not among the configured nodes (or found behind one)
 * changes nothing: no node can send a device anywhere else.
 */
export function reportNode(
	state: NodesState,
	name: string,
	event: NodeEvent,
	nowMs: number,
): NodesState {
	if (!isKnown(state, name)) {
		return state;
	}
	switch (event.type) {
		case 'up':
			return withRecord(dropReservation(state), name, { unproven: true });
		case 'stable':
			return withChange(
				withRecord(forgetTries(state), name, {
					penalty: undefined,
					udpPenalty: undefined,
					failures: undefined,
					unproven: false,
				}),
				{ lastGood: { name, atMs: nowMs } },
			);
		case 'hint':
			return heedHint(state, name, event.hint, nowMs);
		case 'ended':
			return recordEnd(state, name, event, nowMs);
	}
}

function dropReservation(state: NodesState): NodesState {
	return state.reservation === undefined
		? state
		: withChange(state, { reservation: undefined });
}

/** Trouble that follows a stable link begins with the device's own order. */
function forgetTries(state: NodesState): NodesState {
	const tried = Object.entries(state.records).filter(
		([, { triedAtMs }]) => triedAtMs !== undefined,
	);
	return tried.reduce(
		(before, [name]) => withRecord(before, name, { triedAtMs: undefined }),
		state,
	);
}

function heedHint(
	state: NodesState,
	name: string,
	hint: Hint | undefined,
	nowMs: number,
): NodesState {
	if (hint === undefined) {
		return state;
	}
	const { nodeAgeMs, nodeLoad, goElsewhere, drainDeadlineMs, retryAfterMs } =
		hint;
	const { age, load, notBeforeMs } = state.records[name] ?? {};
	const at = (value: number | undefined, old: Faded | undefined) =>
		value === undefined ? old : { value, atMs: nowMs };
	const heard = withChange(
		withRecord(state, name, {
			age: at(nodeAgeMs, age),
			load: at(nodeLoad, load),
			notBeforeMs:
				retryAfterMs === undefined
					? notBeforeMs
					: Math.max(notBeforeMs ?? nowMs, nowMs + retryAfterMs),
		}),
		{ windowMs: hint.reconnectWindowMs ?? state.windowMs },
	);
	const leave = goElsewhere === true || drainDeadlineMs !== undefined;
	return leave ? penaliseOnce(heard, name, nowMs) : heard;
}

/** The node asked to be left. It may do so more than once (a notice, the end of the link): once counts. */
function penaliseOnce(
	state: NodesState,
	name: string,
	nowMs: number,
): NodesState {
	const { settings } = state;
	const { penalty, turn = 0 } = state.records[name] ?? {};
	return decayed(penalty, nowMs, settings) > FORGIVEN
		? withRecord(state, name, { triedAtMs: nowMs })
		: withRecord(state, name, {
				turn: turn + 1,
				penalty: added(undefined, nowMs, settings),
				triedAtMs: nowMs,
			});
}

function recordEnd(
	before: NodesState,
	name: string,
	{ outcome, constant = false }: Extract<NodeEvent, { type: 'ended' }>,
	nowMs: number,
): NodesState {
	const hint = constant
		? { ...outcome.hint, retryAfterMs: undefined }
		: outcome.hint;
	const isLink = outcome.kind === 'drained' || outcome.kind === 'lost';
	const proven = before.records[name]?.unproven !== true;
	const begun = isLink && proven ? forgetTries(before) : before;
	const state = heedHint(dropReservation(begun), name, hint, nowMs);
	if (outcome.kind === 'drained') {
		return NO_FAULT.has(outcome.code)
			? state
			: penaliseOnce(state, name, nowMs);
	}
	if (outcome.kind === 'lost' || outcome.kind === 'stopped') {
		return recordLoss(state, name, outcome, nowMs);
	}
	const reservation = reserve(before, name, outcome.kind, hint, nowMs);
	if (reservation !== undefined || NO_FAULT.has(outcome.code)) {
		const failures = addFailure(state, name, nowMs);
		return withChange(withRecord(state, name, { failures }), { reservation });
	}
	return penalise(state, name, outcome, nowMs);
}

/** The turn that a refusal gave, if it is worth keeping to. */
function reserve(
	{ reservation, settings }: NodesState,
	name: string,
	kind: Outcome['kind'],
	{ retryAfterMs, goElsewhere }: Hint = {},
	nowMs: number,
): NodesState['reservation'] {
	const refusals = reservation?.name === name ? reservation.refusals + 1 : 1;
	return kind !== 'throttled' ||
		retryAfterMs === undefined ||
		goElsewhere === true ||
		refusals >= settings.maxRefusals
		? undefined
		: {
				name,
				untilMs: nowMs + retryAfterMs * 1.5 + RESERVATION_GRACE_MS,
				refusals,
			};
}

function addFailure(
	{ records }: NodesState,
	name: string,
	nowMs: number,
): Faded {
	return { value: (records[name]?.failures?.value ?? 0) + 1, atMs: nowMs };
}

/**
 * The end of a live link. One that had proved good is a blip: its node stays at the top. One
 * that went soon after it had come up counts as a failure.
 */
function recordLoss(
	state: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const unproven = state.records[name]?.unproven === true;
	if (unproven && outcome.kind === 'lost') {
		return penalise(state, name, outcome, nowMs);
	}
	return state.lastGood?.name === name && !unproven
		? withChange(state, { lastGood: { name, atMs: nowMs } })
		: state;
}

function penalise(
	state: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const { settings, nodes } = state;
	if (nodes.length === 1 && nodes[0]!.entry.addresses === undefined) {
		return state; // there is no choice
	}
	const { penalty, udpPenalty, turn = 0 } = state.records[name] ?? {};
	const against =
		outcome.code === 'udp-blocked'
			? { udpPenalty: added(udpPenalty, nowMs, settings) }
			: { penalty: added(penalty, nowMs, settings), triedAtMs: nowMs };
	return withRecord(state, name, {
		...against,
		failures: addFailure(state, name, nowMs),
		unproven: false,
		turn: turn + 1,
	});
}
