import { follow, type AgentView } from '../../agent/agent-view.js';
import type { Outcome, OutcomeKind } from '../../outcome.js';
import { isoTime } from '../../runtime/index.js';
import type { Level, Log } from './log.js';
import { sentence } from './words.js';

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

/** What a JSON line tells of an outcome: no cause, which may hold anything. */
const facts = ({ kind, code, hint }: Outcome) => ({ kind, code, hint });

/** What happened, in a sentence; of a key that cannot be had also why, which is ours to say: we read the file. */
const tell = ({ code, message, cause }: Outcome) =>
	code === 'key-unavailable' && cause instanceof Error
		? `The device key cannot be read: ${sentence(cause.message)}`
		: sentence(message);

/** Logs an agent's events, in one sentence or two each, until the returned function is called. */
export function narrate(agent: AgentView, log: Log): () => void {
	let logged: Outcome | undefined;
	return follow(agent, {
		// Each change of it comes with an event that says more.
		state: null,
		attempt: (attempt) => {
			const { count, transport, node = 'a node' } = attempt;
			log('debug', `Attempt ${count}: ${node} over ${transport}.`, {
				event: 'attempt',
				...attempt,
			});
		},
		failed: ({ outcome, ...attempt }) => {
			log('debug', `Attempt ${attempt.count} failed. ${tell(outcome)}`, {
				event: 'failed',
				...attempt,
				outcome: facts(outcome),
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
			logged = outcome;
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
			// How a link ended has been logged; what is lost is lost once.
			const known = outcome === logged;
			log(
				known ? 'info' : LEVEL[outcome.kind],
				known ? next : `${tell(outcome)} ${next}`,
				{
					event: 'retry',
					outcome: facts(outcome),
					law,
					delayMs: Math.round(delayMs),
					windowMs,
					at: isoTime(at),
				},
			);
		},
		warning: ({ code, message }) => {
			log('warning', sentence(message), { event: 'warning', code });
		},
	});
}
