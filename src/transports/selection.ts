import { pointsAtPath, type Outcome } from '../outcome.js';
import {
	blockMs,
	cameUp,
	condemn,
	confirm,
	failed,
	isBlocked,
	NO_EVIDENCE,
	SELECTION_SETTINGS,
	went,
	type Evidence,
	type SelectionContext,
	type SelectionSettings,
} from './evidence.js';
import { restoreSelection, type SelectionMemory } from './selection-memory.js';
import type { TransportName } from './transport.js';

export { SELECTION_SETTINGS, type SelectionContext, type SelectionSettings };
export { rememberSelection, type SelectionMemory } from './selection-memory.js';

/** What the choice of transport knows. A plain value: each change makes a new one. */
export interface SelectionState {
	readonly settings: SelectionSettings;
	/** In order of preference. */
	readonly transports: readonly TransportName[];
	/** The network that the evidence was found on; undefined while nobody told. */
	readonly network?: string;
	/** What last carried a link on this network. */
	readonly lastGood?: TransportName;
	/** Only transports that have something. */
	readonly evidence: Readonly<Partial<Record<TransportName, Evidence>>>;
}

export interface SelectionOptions extends Partial<SelectionSettings> {
	/** In order of preference. */
	readonly transports: readonly TransportName[];
}

/**
 * What a device knows at its start. `memory` is what {@link rememberSelection} gave in an earlier life, and
 * `savedAtMs` the moment of that on this life's monotonic clock: negative, or 0 if nothing is known of it.
 */
export function createSelection(
	options: SelectionOptions,
	memory?: SelectionMemory,
	savedAtMs = 0,
): SelectionState {
	const { transports, ...settings } = options;
	const state: SelectionState = {
		settings: { ...SELECTION_SETTINGS, ...settings },
		transports,
		evidence: {},
	};
	return memory === undefined
		? state
		: restoreSelection(state, memory, savedAtMs);
}

export interface Selected {
	readonly transport: TransportName;
	/** For the log and the status: why this one. */
	readonly reason: string;
}

/**
 * The transport of the next attempt: the first in order of preference that is not blocked. One whose block
 * has lapsed is trusted again only after it has been tried beside a live link, or when nothing better is
 * left. When all are blocked it is probably no transport's fault, and they take turns. One attempt, one
 * transport; and *when* is not decided here, so that a change of transport never shortens a wait.
 */
export function selectTransport(
	state: SelectionState,
	nowMs: number,
): Selected {
	const { transports } = state;
	const [preferred] = transports;
	const open = transports.filter(
		(name) => !isBlocked(known(state, name), nowMs),
	);
	const chosen = open.find((name) => isTrusted(state, name)) ?? open[0];
	if (chosen !== undefined) {
		const reason =
			chosen === preferred
				? `${chosen} is preferred.`
				: `${chosen}, since ${String(preferred)} ${describe(state, preferred, nowMs)}.`;
		return { transport: chosen, reason };
	}
	const leastBad = transports.reduce((best, name) =>
		known(state, name).failures < known(state, best).failures ? name : best,
	);
	return {
		transport: leastBad,
		reason: `${leastBad}, the turn being its own: no transport works here.`,
	};
}

function known(state: SelectionState, name: TransportName): Evidence {
	return state.evidence[name] ?? NO_EVIDENCE;
}

function isTrusted(state: SelectionState, name: TransportName): boolean {
	const { verdict, failures } = known(state, name);
	return verdict === undefined || (name === state.lastGood && failures === 0);
}

function describe(
	state: SelectionState,
	name: TransportName | undefined,
	nowMs: number,
): string {
	const evidence = name === undefined ? NO_EVIDENCE : known(state, name);
	if (!isBlocked(evidence, nowMs)) {
		return 'has yet to prove itself beside a live link';
	}
	const { why, untilMs } = evidence.verdict;
	const seen =
		why === 'cut'
			? 'is cut soon after it comes up'
			: 'does not get through on this network';
	return `${seen} (tried again in ${Math.ceil((untilMs - nowMs) / 1000)} s)`;
}

/** What happened to an attempt or a link. */
export interface TransportReport {
	readonly transport: TransportName;
	/** `host:port`; absent where the transport dials its own. */
	readonly node?: string;
	readonly event:
		| 'up'
		| {
				readonly ended: Outcome;
				/** How long the link was up; 0 for an attempt that failed. */
				readonly lastedMs: number;
				/** The link had proved stable. */
				readonly stable: boolean;
		  };
}

/** What is known after an attempt or a link. */
export function reportTransport(
	state: SelectionState,
	{ transport, node = '', event }: TransportReport,
	context: SelectionContext,
): SelectionState {
	if (event === 'up') {
		return up(state, transport, context);
	}
	const { settings } = state;
	const { ended: outcome, lastedMs, stable } = event;
	const before = known(state, transport);
	const wasUp = outcome.kind === 'lost' || lastedMs > 0;
	return withEvidence(
		state,
		transport,
		wasUp
			? went(before, { outcome, node, lastedMs, stable }, settings, context)
			: failed(before, outcome, settings, context),
	);
}

function up(
	state: SelectionState,
	transport: TransportName,
	context: SelectionContext,
): SelectionState {
	const evidence = Object.fromEntries(
		state.transports.map((name) => [
			name,
			name === transport
				? cameUp(known(state, name))
				: confirm(known(state, name), state.settings, context),
		]),
	);
	return { ...state, lastGood: transport, evidence };
}

function withEvidence(
	state: SelectionState,
	transport: TransportName,
	evidence: Evidence,
): SelectionState {
	return { ...state, evidence: { ...state.evidence, [transport]: evidence } };
}

export interface ReturnDue {
	/** Monotonic milliseconds; not in the future when it is due now. */
	readonly at: number;
	readonly transport: TransportName;
}

/**
 * When a transport that is preferred to the current one is to be tried beside the live link, and which.
 * Undefined while the current one is the most preferred.
 */
export function returnDue(
	state: SelectionState,
	current: TransportName,
	nowMs: number,
): ReturnDue | undefined {
	const rank = state.transports.indexOf(current);
	const preferred = rank < 0 ? [] : state.transports.slice(0, rank);
	return preferred
		.map((transport): ReturnDue => {
			const { verdict, probeAtMs = nowMs } = known(state, transport);
			const untilMs = verdict && !verdict.lifted ? verdict.untilMs : nowMs;
			return { transport, at: Math.max(probeAtMs, untilMs) };
		})
		.reduce<ReturnDue | undefined>(
			(best, due) => (best === undefined || due.at < best.at ? due : best),
			undefined,
		);
}

/** How the trial of a preferred transport beside the live link ended. */
export interface ReturnReport {
	readonly transport: TransportName;
	readonly ok: boolean;
	/** Why not. */
	readonly outcome?: Outcome;
}

/**
 * After a trial: what failed on its path is left alone for twice as long. What the node refused for its own
 * reasons is tried again after the same time, and not before the node said.
 */
export function reportReturn(
	state: SelectionState,
	{ transport, ok, outcome }: ReturnReport,
	context: SelectionContext,
): SelectionState {
	if (ok) {
		return up(state, transport, context);
	}
	const { settings } = state;
	const before = known(state, transport);
	if (outcome === undefined || pointsAtPath(outcome)) {
		const { verdict, ...after } = condemn(before, 'path', settings, context);
		return withEvidence(state, transport, {
			...after,
			// The live link is the proof that the node and the network are well.
			verdict: verdict && { ...verdict, confirmed: true },
		});
	}
	const waitMs = Math.max(
		blockMs(before.verdict?.level ?? 1, settings, context.random),
		outcome.hint?.retryAfterMs ?? 0,
	);
	return withEvidence(state, transport, {
		...failed(before, outcome, settings, context),
		probeAtMs: context.nowMs + waitMs,
	});
}

/**
 * The device is on this network now (any text that tells one network from another: address, gateway,
 * interface). Evidence that was found on another is forgotten.
 */
export function networkChanged(
	state: SelectionState,
	network: string,
): SelectionState {
	if (state.network === undefined || state.network === network) {
		return state.network === network ? state : { ...state, network };
	}
	return { ...state, network, lastGood: undefined, evidence: {} };
}
