import type { Wait } from '../pacing/types.js';
import type { Target } from '../decisions/index.js';
import type { Link } from '../transport.js';
import { CloudlinkError } from '../errors.js';

interface Waiting {
	readonly name: 'waiting';
	readonly wait: Wait;
	/** When the wait ends, on the monotonic clock. */
	readonly untilMs: number;
}

interface Connecting {
	readonly name: 'connecting';
	readonly target: Target;
}

interface Up {
	readonly name: 'up';
	readonly link: Link;
}

interface Draining {
	readonly name: 'draining';
	/** The link that was told to go and still serves. */
	readonly link: Link;
	/** Where its successor stands. */
	readonly successor: Waiting | Connecting | undefined;
}

/**
 * The state of an agent; each carries only what it has.
 *
 *                    wait                  wait (another)
 *    +---------+  ----------->  +---------+ --+
 *    | stopped |                | waiting | <-+
 *    +---------+  <-----------  +---------+ <-----------------------+
 *         ^          stop         |     ^                           |
 *         |                  dial |     | wait (the dial failed)    | wait
 *         |                       v     |                           | (the link ended)
 *         |                  +------------+          up         +----+
 *         +--- from every ---| connecting | ------------------> | up | --+ up (a better
 *              state: stop   +------------+                     +----+ <-+  link is there)
 *                              ^                                 |  ^
 *                              | ended                     drain |  | up (the successor)
 *                              | (the old link)                  v  |
 *                              |                             +----------+ --+ wait, dial:
 *                              +---------------------------- | draining |   | only the successor's
 *                                (or to waiting, where       +----------+ <-+ part changes
 *                                 the successor stands)
 */
export type AgentState =
	{ readonly name: 'stopped' } | Waiting | Connecting | Up | Draining;

/** Where an agent stands; the diagram is in `docs/architecture.md`. */
export type StateName = AgentState['name'];

export type StateEvent =
	| { readonly type: 'wait'; readonly wait: Wait; readonly untilMs: number }
	| { readonly type: 'dial'; readonly target: Target }
	| { readonly type: 'up'; readonly link: Link }
	| { readonly type: 'drain' }
	/** The draining link ended before its successor was up. */
	| { readonly type: 'ended' }
	| { readonly type: 'stop' };

/** The one rule by which the state changes. Throws where an event cannot be: that is a bug of ours. */
export function transition(state: AgentState, event: StateEvent): AgentState {
	switch (event.type) {
		case 'stop':
			return { name: 'stopped' };
		case 'wait': {
			const waiting: Waiting = {
				name: 'waiting',
				wait: event.wait,
				untilMs: event.untilMs,
			};
			return state.name === 'draining'
				? { ...state, successor: waiting }
				: waiting;
		}
		case 'dial': {
			const connecting: Connecting = {
				name: 'connecting',
				target: event.target,
			};
			if (state.name === 'draining') {
				return { ...state, successor: connecting };
			}
			if (state.name === 'waiting') {
				return connecting;
			}
			break;
		}
		case 'up':
			// From `waiting` too: a silent attempt that was kept made a link after all.
			if (state.name !== 'stopped') {
				return { name: 'up', link: event.link };
			}
			break;
		case 'drain':
			if (state.name === 'up') {
				return { name: 'draining', link: state.link, successor: undefined };
			}
			break;
		case 'ended':
			if (state.name === 'draining' && state.successor !== undefined) {
				return state.successor;
			}
			break;
	}
	throw new CloudlinkError(
		'ERR_CLOUDLINK_INTERNAL',
		`The event ${event.type} came in the state ${state.name}.`,
	);
}
