import type { Hint } from '../hint.js';
import type { Outcome, OutcomeCode } from '../outcome.js';
import { added, decayed, FORGIVEN } from './penalty.js';
import { isKnown, withRecord, type Faded, type NodesState } from './state.js';

/** What happened at a node. */
export type NodeEvent =
	/** A link is up and authenticated. */
	| { readonly type: 'up' }
	/** The link has stayed up for the stable period. */
	| { readonly type: 'stable' }
	/** An attempt failed, or a link ended, or was told to go. */
	| { readonly type: 'ended'; readonly outcome: Outcome }
	/** A live link was told something. */
	| { readonly type: 'hint'; readonly hint: Hint };

/** Causes that lie on the device itself, and say nothing about any node. */
const LOCAL: ReadonlySet<OutcomeCode> = new Set<OutcomeCode>([
	'clock-wrong',
	'key-unavailable',
	'openvpn-failed',
	'openvpn-missing',
	'proxy-unreachable',
	'stopped',
	'superseded',
]);

/** A place in the queue is kept for this long past the moment that was told: a wait may be lengthened. */
const PLACE_GRACE_MS = 60_000;

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
			return withRecord(leavePlace(state), name, {
				unproven: true,
				notBeforeMs: undefined,
			});
		case 'stable':
			return {
				...withRecord(state, name, {
					penalty: undefined,
					udpPenalty: undefined,
					failures: undefined,
					unproven: false,
				}),
				lastGood: { name, atMs: nowMs },
			};
		case 'hint':
			return told(state, name, event.hint, nowMs);
		case 'ended':
			return ended(state, name, event.outcome, nowMs);
	}
}

function leavePlace(state: NodesState): NodesState {
	return state.place === undefined ? state : { ...state, place: undefined };
}

function told(
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
	const heard: NodesState = {
		...withRecord(state, name, {
			age: at(nodeAgeMs, age),
			load: at(nodeLoad, load),
			notBeforeMs:
				retryAfterMs === undefined ? notBeforeMs : nowMs + retryAfterMs,
		}),
		windowMs: hint.reconnectWindowMs ?? state.windowMs,
	};
	const leave = goElsewhere === true || drainDeadlineMs !== undefined;
	return leave ? asked(heard, name, nowMs) : heard;
}

/** The node asked to be left. It may do so more than once (a notice, the end of the link): once counts. */
function asked(state: NodesState, name: string, nowMs: number): NodesState {
	const { settings } = state;
	const { penalty, turn = 0 } = state.records[name] ?? {};
	return decayed(penalty, nowMs, settings) > FORGIVEN
		? state
		: withRecord(state, name, {
				turn: turn + 1,
				penalty: added(undefined, nowMs, settings),
			});
}

function ended(
	before: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const state = told(leavePlace(before), name, outcome.hint, nowMs);
	if (outcome.kind === 'drained') {
		return LOCAL.has(outcome.code) ? state : asked(state, name, nowMs);
	}
	if (outcome.kind === 'lost' || outcome.kind === 'stopped') {
		return wentDown(state, name, outcome, nowMs);
	}
	const place = placeAfter(before, name, outcome, nowMs);
	if (place !== undefined || LOCAL.has(outcome.code)) {
		const failures = oneMore(state, name, nowMs);
		return { ...withRecord(state, name, { failures }), place };
	}
	return penalised(state, name, outcome, nowMs);
}

/** The place in a node's queue that a refusal gave, if it is worth keeping. */
function placeAfter(
	{ place, settings }: NodesState,
	name: string,
	{ kind, hint }: Outcome,
	nowMs: number,
): NodesState['place'] {
	const { retryAfterMs, goElsewhere } = hint ?? {};
	const refusals = place?.name === name ? place.refusals + 1 : 1;
	return kind !== 'throttled' ||
		retryAfterMs === undefined ||
		goElsewhere === true ||
		refusals >= settings.maxRefusals
		? undefined
		: { name, untilMs: nowMs + retryAfterMs * 1.5 + PLACE_GRACE_MS, refusals };
}

function oneMore({ records }: NodesState, name: string, nowMs: number): Faded {
	return { value: (records[name]?.failures?.value ?? 0) + 1, atMs: nowMs };
}

/**
 * The end of a live link. One that had proved good is a blip: its node keeps its place at the top. One
 * that went soon after it had come up counts as a failure.
 */
function wentDown(
	state: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const unproven = state.records[name]?.unproven === true;
	if (unproven && outcome.kind === 'lost') {
		return penalised(state, name, outcome, nowMs);
	}
	return state.lastGood?.name === name && !unproven
		? { ...state, lastGood: { name, atMs: nowMs } }
		: state;
}

function penalised(
	state: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const { settings } = state;
	const { penalty, udpPenalty, turn = 0 } = state.records[name] ?? {};
	const against =
		outcome.code === 'udp-blocked'
			? { udpPenalty: added(udpPenalty, nowMs, settings) }
			: { penalty: added(penalty, nowMs, settings) };
	return withRecord(state, name, {
		...against,
		failures: oneMore(state, name, nowMs),
		unproven: false,
		turn: turn + 1,
	});
}
