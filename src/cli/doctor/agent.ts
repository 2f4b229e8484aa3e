import type { OutcomeKind } from '../../outcome.js';
import { systemClock } from '../../runtime/index.js';
import type { StatusReply } from '../../telemetry/server.js';
import { fetchStatus } from '../ask/client.js';
import { healthAddress, type PlaceFlags } from '../ask/place.js';
import { duration, sentence } from '../log/words.js';
import type { Env } from '../settings/types.js';
import { adviceFor } from './advice.js';
import { findings, type Finding } from './finding.js';

/** What an outcome of longer ago says is no longer held against what is seen now. */
const RECENT_MS = 15 * 60_000;

/** What the running agent says of itself and of its last attempts. */
export interface AgentSeen {
	readonly finding: Finding;
	/** Undefined where none answers. */
	readonly status?: StatusReply;
}

const finding = findings('agent');

/** Asks the running agent how it is. */
export async function seeAgent(
	flags: PlaceFlags,
	env: Env,
): Promise<AgentSeen> {
	try {
		const status = await fetchStatus(await healthAddress(flags, env));
		return { status, finding: judgeAgent(status) };
	} catch {
		return {
			finding: finding.note(
				'No running agent was found, so its last attempts are not known.',
				'If one runs elsewhere, name its place with --health.',
			),
		};
	}
}

/** Judges the running agent by what it does and by how its last attempt ended. */
export function judgeAgent(status: StatusReply): Finding {
	const { ready, health, waiting, link, lastOutcome: last } = status;
	if (!health.ok) {
		return finding.failure(
			health.reason,
			'Restart it, and please report the lines of its log before that.',
		);
	}
	if (status.paused) {
		return finding.warning(
			'It was paused by hand.',
			'`cloudlink-agent resume` lets it go on.',
		);
	}
	if (link) {
		return finding.ok(`${ready.reason} Up for ${duration(link.stats.ageMs)}.`);
	}
	if (!last) {
		return finding.note(ready.reason);
	}
	const wait = waiting
		? ` It waits ${duration(waiting.leftMs)} more (${waiting.law}).`
		: '';
	const seen = `Not connected, since ${last.kind} (${last.code}): ${sentence(last.message)}${wait}`;
	const advice = adviceFor(last, lastPort(status));
	return last.kind === 'rejected' || last.kind === 'misconfigured'
		? finding.failure(seen, advice)
		: finding.warning(seen, advice);
}

/** The port that was dialled last. */
function lastPort({ history }: Partial<StatusReply>): number | undefined {
	const port = /:(\d+)$/.exec(history?.at(-1)?.node ?? '')?.[1];
	return port === undefined ? undefined : Number(port);
}

/** How the agent's attempts of the last minutes ended, by kind. */
export function recentKinds(
	status: StatusReply | undefined,
	nowMs = systemClock.wallMs(),
): ReadonlySet<OutcomeKind> {
	const { history, lastOutcome } = (status ?? {}) as Partial<StatusReply>;
	const kinds = (history ?? [])
		.filter(({ at }) => at > nowMs - RECENT_MS)
		.flatMap(({ ending }) => (ending ? [ending.kind] : []));
	return new Set(
		lastOutcome && !status?.link ? [...kinds, lastOutcome.kind] : kinds,
	);
}
