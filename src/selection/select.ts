import type { Outcome } from '../outcome.js';
import {
	recordFailure,
	isBlocked,
	NO_EVIDENCE,
	recordLinkEnd,
	type Evidence,
} from './evidence.js';
import { restoreSelection } from './saved.js';
import {
	SELECTION_SETTINGS,
	type SelectionContext,
	type SelectionSettings,
} from './settings.js';
import {
	evidenceOf,
	reportUp,
	withEvidence,
	type SelectionState,
} from './state.js';
import type { TransportName } from '../transport.js';

export interface SelectionOptions extends Partial<SelectionSettings> {
	/** In order of preference. */
	readonly transports: readonly TransportName[];
}

/**
 * What a device knows at its start. `saved` is what {@link rememberSelection} gave in an earlier life, and
 * `savedAtMs` the moment of that on this life's monotonic clock: negative, or 0 if nothing is known of it.
 */
export function createSelection(
	options: SelectionOptions,
	saved?: unknown,
	savedAtMs = 0,
): SelectionState {
	const { transports, ...settings } = options;
	const state: SelectionState = {
		settings:
			Object.keys(settings).length === 0
				? SELECTION_SETTINGS
				: { ...SELECTION_SETTINGS, ...settings },
		transports,
		evidence: {},
	};
	return saved === undefined
		? state
		: restoreSelection(state, saved, savedAtMs);
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
	if (preferred !== undefined && transports.length === 1) {
		return { transport: preferred, reason: `${preferred} is the only one.` };
	}
	const open = transports.filter(
		(name) => !isBlocked(evidenceOf(state, name), nowMs),
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
		badness(evidenceOf(state, name)) < badness(evidenceOf(state, best))
			? name
			: best,
	);
	return {
		transport: leastBad,
		reason: `${leastBad}, the turn being its own: no transport works here.`,
	};
}

/**
 * A link that is cut soon after it came up counts as this many attempts that failed: a crowded node refuses over
 * whichever transport, but lets a device in in the end, and what cuts will cut again.
 */
const CUT_IN_FAILURES = 4;

function badness({ failures, verdict }: Evidence): number {
	return failures + (verdict?.why === 'cut' ? CUT_IN_FAILURES : 0);
}

function isTrusted(state: SelectionState, name: TransportName): boolean {
	const { verdict, failures } = evidenceOf(state, name);
	return verdict === undefined || (name === state.lastGood && failures === 0);
}

function describe(
	state: SelectionState,
	name: TransportName | undefined,
	nowMs: number,
): string {
	const evidence = name === undefined ? NO_EVIDENCE : evidenceOf(state, name);
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
	{ transport, event }: TransportReport,
	context: SelectionContext,
): SelectionState {
	if (state.transports.length < 2) {
		return state; // there is no choice
	}
	if (event === 'up') {
		return reportUp(state, transport, context);
	}
	const { settings } = state;
	const { ended: outcome, lastedMs, stable } = event;
	const before = evidenceOf(state, transport);
	const wasUp = outcome.kind === 'lost' || lastedMs > 0;
	return withEvidence(
		state,
		transport,
		wasUp
			? recordLinkEnd(before, { outcome, lastedMs, stable }, settings, context)
			: recordFailure(before, outcome, settings, context),
	);
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
