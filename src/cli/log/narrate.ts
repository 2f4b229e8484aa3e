import type { Outcome, OutcomeKind } from '../../outcome.js';
import type { AgentView } from '../../agent/agent-view.js';
import type { Level, Log } from './log.js';

const LEVEL: Record<OutcomeKind, Level> = {
	drained: 'info',
	stopped: 'info',
	lost: 'warning',
	throttled: 'warning',
	overloaded: 'warning',
	unreachable: 'warning',
	rejected: 'error',
	misconfigured: 'error',
};

const seconds = (ms: number) =>
	ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;

/** Ends a text with a full stop, unless it has one, maybe with a bracket behind. */
export const sentence = (text: string) =>
	/[.!?]( \([^()]*\))?$/.test(text) ? text : `${text}.`;

/** What a JSON line tells of an outcome: no cause, which may hold anything. */
const facts = ({ kind, code, hint }: Outcome) => ({ kind, code, hint });

/** Tells an agent's events as log lines, one sentence or two each, until the returned function is called. */
export function narrate(agent: AgentView, log: Log): () => void {
	let told: Outcome | undefined;
	const listeners = {
		attempt: (attempt) => {
			const { transport, node = 'a node' } = attempt;
			log('debug', `Attempt ${attempt.count}: ${node} over ${transport}.`, {
				event: 'attempt',
				...attempt,
			});
		},
		up: ({ transport, node }) => {
			log('notice', `Connected to ${node} over ${transport}.`, {
				event: 'up',
				transport,
				node,
			});
		},
		down: ({ transport, node, outcome, lastedMs }) => {
			told = outcome;
			log(
				LEVEL[outcome.kind],
				`The link to ${node} over ${transport} ended after ${seconds(lastedMs)} (${outcome.kind}). ${sentence(outcome.message)}`,
				{
					event: 'down',
					transport,
					node,
					lastedMs: Math.round(lastedMs),
					outcome: facts(outcome),
				},
			);
		},
		retry: ({ outcome, law, delayMs, at, windowMs, reason }) => {
			const next = `The next attempt is in ${seconds(delayMs)}. ${sentence(reason)}`;
			const fields = {
				event: 'retry',
				outcome: facts(outcome),
				law,
				delayMs: Math.round(delayMs),
				windowMs,
				at: new Date(at).toISOString(),
			};
			// How a link ended has been told; what is lost is lost once.
			if (outcome === told) {
				log('info', next, fields);
			} else {
				log(
					LEVEL[outcome.kind],
					`${sentence(outcome.message)} ${next}`,
					fields,
				);
			}
		},
		warning: (warning) => {
			log('warning', sentence(warning.message), {
				event: 'warning',
				code: warning.code,
			});
		},
	} satisfies {
		[E in 'attempt' | 'up' | 'down' | 'retry' | 'warning']: Parameters<
			typeof agent.on<E>
		>[1];
	};
	agent.on('attempt', listeners.attempt);
	agent.on('up', listeners.up);
	agent.on('down', listeners.down);
	agent.on('retry', listeners.retry);
	agent.on('warning', listeners.warning);
	return () => {
		agent.off('attempt', listeners.attempt);
		agent.off('up', listeners.up);
		agent.off('down', listeners.down);
		agent.off('retry', listeners.retry);
		agent.off('warning', listeners.warning);
	};
}
