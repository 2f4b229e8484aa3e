import { pointsAtPath, type Outcome } from '../outcome.js';
import type { TransportName } from '../transport.js';
import { blockMs, condemn, recordFailure } from './evidence.js';
import type { SelectionContext } from './settings.js';
import {
	evidenceOf,
	reportUp,
	withEvidence,
	type SelectionState,
} from './state.js';

export interface FailbackDue {
	/** Monotonic milliseconds; not in the future when it is due now. */
	readonly at: number;
	readonly transport: TransportName;
}

/**
 * When a transport that is preferred to the current one is to be tried beside the live link, and which.
 * Undefined while the current one is the most preferred.
 */
export function failbackDue(
	state: SelectionState,
	current: TransportName,
	nowMs: number,
): FailbackDue | undefined {
	const rank = state.transports.indexOf(current);
	const preferred = rank < 0 ? [] : state.transports.slice(0, rank);
	return preferred
		.map((transport): FailbackDue => {
			const { verdict, probeAtMs = nowMs } = evidenceOf(state, transport);
			const untilMs = verdict && !verdict.lifted ? verdict.untilMs : nowMs;
			return { transport, at: Math.max(probeAtMs, untilMs) };
		})
		.reduce<FailbackDue | undefined>(
			(best, due) => (best === undefined || due.at < best.at ? due : best),
			undefined,
		);
}

/** How the trial of a preferred transport beside the live link ended. */
export interface FailbackReport {
	readonly transport: TransportName;
	readonly ok: boolean;
	/** Why not. */
	readonly outcome?: Outcome;
}

/**
 * After a trial: what failed on its path is left alone for twice as long. What the node refused for its own
 * reasons is tried again after the same time, and not before the node said.
 */
export function reportFailback(
	state: SelectionState,
	{ transport, ok, outcome }: FailbackReport,
	context: SelectionContext,
): SelectionState {
	if (ok) {
		return reportUp(state, transport, context);
	}
	const { settings } = state;
	const before = evidenceOf(state, transport);
	if (outcome === undefined || pointsAtPath(outcome)) {
		const { verdict, ...after } = condemn(before, 'path', settings, context);
		return withEvidence(state, transport, {
			...after,
			// The live link is the proof that the node and the network are well.
			verdict: verdict && { ...verdict, confirmed: true },
		});
	}
	const waitMs = Math.max(
		blockMs(
			before.verdict?.level ?? 1,
			before.verdict?.why ?? 'path',
			settings,
			context.random,
		),
		outcome.hint?.retryAfterMs ?? 0,
	);
	return withEvidence(state, transport, {
		...recordFailure(before, outcome, settings, context),
		probeAtMs: context.nowMs + waitMs,
	});
}
