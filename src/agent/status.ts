import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import type { Law } from '../pacing/types.js';
import type { LinkStats, TransportName } from '../transport.js';
import type { HistoryEntry } from './history-entry.js';
import type { Target } from '../decisions/index.js';
import type { AgentState, StateName } from './state.js';

/** Why the agent waits, and until when. */
export interface WaitStatus {
	readonly law: Law;
	readonly reason: string;
	readonly delayMs: number;
	/** How much of it is left. */
	readonly leftMs: number;
	/** When it ends, in milliseconds since 1970 by this machine's clock. */
	readonly at: number;
	readonly windowMs: number | undefined;
	readonly hint: Hint | undefined;
}

/** What the agent does right now: a snapshot, free of secrets, that survives JSON. */
export interface AgentStatus {
	readonly state: StateName;
	readonly link:
		| {
				readonly transport: TransportName;
				readonly node: string;
				readonly stats: LinkStats;
		  }
		| undefined;
	readonly waiting: WaitStatus | undefined;
	readonly connecting: Target | undefined;
	/** Attempts since `start()`. */
	readonly attempts: number;
	/** Links that became current since `start()`. */
	readonly links: number;
	readonly lastOutcome:
		Pick<Outcome, 'kind' | 'code' | 'message' | 'hint'> | undefined;
	/** The last attempts and links, the newest last. */
	readonly history: readonly HistoryEntry[];
}

function waitStatus(
	state: Extract<AgentState, { name: 'waiting' }>,
	nowMs: number,
	wallMs: number,
): WaitStatus {
	const { wait, untilMs } = state;
	const leftMs = Math.max(0, untilMs - nowMs);
	return {
		law: wait.law,
		reason: wait.reason,
		delayMs: wait.delayMs,
		leftMs,
		at: Math.round(wallMs + leftMs),
		windowMs: wait.windowMs,
		hint: wait.hint,
	};
}

/** The snapshot of a state; `counts` come from the run that the state belongs to. */
export function statusOf(
	state: AgentState,
	time: { readonly nowMs: number; readonly wallMs: number },
	counts: Pick<AgentStatus, 'attempts' | 'links'> & { lastOutcome?: Outcome },
	history: readonly HistoryEntry[],
): AgentStatus {
	const link =
		state.name === 'up' || state.name === 'draining' ? state.link : undefined;
	const next = state.name === 'draining' ? state.successor : state;
	const last = counts.lastOutcome;
	return {
		state: state.name,
		link: link && {
			transport: link.transport,
			node: link.node,
			stats: link.stats(),
		},
		waiting:
			next?.name === 'waiting'
				? waitStatus(next, time.nowMs, time.wallMs)
				: undefined,
		connecting: next?.name === 'connecting' ? next.target : undefined,
		attempts: counts.attempts,
		links: counts.links,
		lastOutcome: last && {
			kind: last.kind,
			code: last.code,
			message: last.message,
			...(last.hint ? { hint: last.hint } : {}),
		},
		history,
	};
}
