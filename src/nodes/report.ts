import type { Hint } from '../hint.js';
import type { Outcome, OutcomeCode } from '../outcome.js';
import { added, decayed, FORGIVEN } from './penalty.js';
import {
	isKnown,
	withRecord,
	type Faded,
	type NodeRecord,
	type NodesState,
} from './state.js';

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
			return {
				...withRecord(state, name, (record) => ({ ...record, unproven: true })),
				place: undefined,
			};
		case 'stable':
			return {
				...withRecord(state, name, ({ age, load, turn }) => ({
					age,
					load,
					turn,
				})),
				lastGood: { name, atMs: nowMs },
			};
		case 'hint':
			return told(state, name, event.hint, nowMs);
		case 'ended':
			return ended(state, name, event.outcome, nowMs);
	}
}

function told(
	state: NodesState,
	name: string,
	hint: Hint | undefined,
	nowMs: number,
): NodesState {
	const { nodeAgeMs, nodeLoad, goElsewhere, drainDeadlineMs } = hint ?? {};
	const at = (value: number | undefined, old: Faded | undefined) =>
		value === undefined ? old : { value, atMs: nowMs };
	const heard =
		nodeAgeMs === undefined && nodeLoad === undefined
			? state
			: withRecord(state, name, (record) => ({
					...record,
					age: at(nodeAgeMs, record.age),
					load: at(nodeLoad, record.load),
				}));
	const leave = goElsewhere === true || drainDeadlineMs !== undefined;
	return leave ? asked(heard, name, nowMs) : heard;
}

/** The node asked to be left. It may do so more than once (a notice, the end of the link): once counts. */
function asked(state: NodesState, name: string, nowMs: number): NodesState {
	const { settings } = state;
	const { penalty } = state.records[name] ?? {};
	if (decayed(penalty, nowMs, settings) > FORGIVEN) {
		return state;
	}
	return withRecord(state, name, (record) => ({
		...record,
		turn: (record.turn ?? 0) + 1,
		penalty: added(undefined, nowMs, settings),
	}));
}

function ended(
	before: NodesState,
	name: string,
	outcome: Outcome,
	nowMs: number,
): NodesState {
	const record = before.records[name];
	const state = told(
		{ ...before, place: undefined },
		name,
		outcome.hint,
		nowMs,
	);
	if (outcome.kind === 'lost' || outcome.kind === 'stopped') {
		return wentDown(state, name, outcome, record?.unproven === true, nowMs);
	}
	const { retryAfterMs, goElsewhere } = outcome.hint ?? {};
	if (
		outcome.kind === 'throttled' &&
		retryAfterMs !== undefined &&
		goElsewhere !== true
	) {
		const refusals =
			before.place?.name === name ? before.place.refusals + 1 : 1;
		if (refusals < state.settings.maxRefusals) {
			const untilMs = nowMs + retryAfterMs * 1.5 + PLACE_GRACE_MS;
			return { ...state, place: { name, untilMs, refusals } };
		}
	}
	if (LOCAL.has(outcome.code)) {
		return state;
	}
	if (outcome.kind === 'drained') {
		return asked(state, name, nowMs);
	}
	return penalised(state, name, outcome, nowMs);
}

/**
 * The end of a live link. One that had proved good is a blip: its node keeps its place at the top. One
 * that went soon after it had come up counts as a failure.
 */
function wentDown(
	state: NodesState,
	name: string,
	outcome: Outcome,
	unproven: boolean,
	nowMs: number,
): NodesState {
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
	return withRecord(state, name, ({ unproven: _, ...record }): NodeRecord => {
		const turn = (record.turn ?? 0) + 1;
		return outcome.code === 'udp-blocked'
			? {
					...record,
					turn,
					udpPenalty: added(record.udpPenalty, nowMs, settings),
				}
			: { ...record, turn, penalty: added(record.penalty, nowMs, settings) };
	});
}
