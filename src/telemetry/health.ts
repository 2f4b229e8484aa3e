import type { AgentStatus, WaitStatus } from '../agent/status.js';
import { isoTime } from '../runtime/index.js';

/** A verdict, and one sentence why. */
export interface Verdict {
	readonly ok: boolean;
	readonly reason: string;
}

const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;

/** `2026-11-30 14:03:21Z`: a device is read by people in other zones than its own. */
const clockTime = (wallMs: number) =>
	isoTime(wallMs).replace('T', ' ').replace(/\.\d+/, '');

function notReadyReason(
	status: AgentStatus,
	when: (wait: WaitStatus) => string,
): string {
	const { waiting, connecting, lastOutcome } = status;
	if (waiting) {
		const after = lastOutcome ? ` after "${lastOutcome.kind}"` : '';
		return `Not connected${after}: the next attempt is ${when(waiting)}. ${waiting.reason}`;
	}
	if (connecting) {
		return `Connecting to ${connecting.node ?? 'a node'} over ${connecting.transport}.`;
	}
	return 'The agent is stopped.';
}

/**
 * Whether the device can be reached from the cloud right now: a link is up, or is draining and still serves.
 *
 * @param when - how a wait is told. @default 'in 77 s'
 */
export function readiness(
	status: AgentStatus,
	when = ({ leftMs }: WaitStatus) => `in ${seconds(leftMs)}`,
): Verdict {
	const { link } = status;
	return link
		? {
				ok: true,
				reason: `Connected to ${link.node} over ${link.transport}${status.state === 'draining' ? ', which asks to be left' : ''}.`,
			}
		: { ok: false, reason: notReadyReason(status, when) };
}

/**
 * How the agent is, as one line for `systemctl status`. With times of the clock: the line stands for as long as nothing
 * changes, and "in 77 s" would be wrong a second later.
 */
export function statusLine(status: AgentStatus): string {
	return readiness(status, ({ at }) => `at ${clockTime(at)}`).reason;
}

/** What a look at a running agent found; {@link ProgressWatch} makes them. */
export interface Progress {
	readonly status: AgentStatus;
	/** How long neither the state nor the number of attempts nor the wait has changed. */
	readonly unchangedMs: number;
	/** By how much the last timer came late. */
	readonly loopLagMs: number;
}

/**
 * A dial has a deadline of its own: pacing's longest patience, an hour, since a silent one may wait in a queue. One that
 * lasts for longer than this has lost it.
 */
export const LONGEST_DIAL_MS = 65 * 60_000;
/** A wait that ended this long ago without an attempt is stuck. */
export const LONGEST_OVERDUE_MS = 60_000;
/** An event loop that was blocked this long serves nobody. */
export const LONGEST_LAG_MS = 10_000;

/**
 * Whether the agent works as it should, connected or not: what a watchdog asks. An agent that waits for its
 * turn works; to restart it would throw away its place in the queue.
 */
export function liveness({
	status,
	unchangedMs,
	loopLagMs,
}: Progress): Verdict {
	const bad = (reason: string) => ({ ok: false, reason });
	if (loopLagMs > LONGEST_LAG_MS) {
		return bad(`The event loop was blocked for ${seconds(loopLagMs)}.`);
	}
	if (status.state === 'stopped') {
		return bad('The agent is stopped.');
	}
	if (status.connecting && unchangedMs > LONGEST_DIAL_MS) {
		return bad(`An attempt has not ended for ${seconds(unchangedMs)}.`);
	}
	const overdue =
		status.waiting !== undefined &&
		status.waiting.leftMs <= 0 &&
		unchangedMs > LONGEST_OVERDUE_MS;
	return overdue
		? bad(`An attempt is overdue by ${seconds(unchangedMs)}.`)
		: { ok: true, reason: 'The agent works.' };
}
