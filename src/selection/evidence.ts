import type { Outcome, OutcomeKind } from '../outcome.js';
import { pointsAtPath } from '../outcome.js';
import type { Random } from '../runtime/index.js';
import type { SelectionContext, SelectionSettings } from './settings.js';

/** A transport is taken to be blocked on this network. */
export interface Verdict {
	/** How often in a row it was given; the time that it stands doubles with each. */
	readonly level: number;
	readonly untilMs: number;
	readonly why: 'path' | 'cut';
	/**
	 * Another transport came up while this one did not. Before that the node or the whole network may be
	 * down, which is nothing against this transport: then the verdict does not grow.
	 */
	readonly confirmed: boolean;
	/** The transport works again, and is on probation. */
	readonly lifted: boolean;
}

/** What is known about one transport on the present network. */
export interface Evidence {
	/** Outcomes in a row that point to the path. */
	readonly failures: number;
	readonly failedAtMs?: number;
	/** Since when attempts have ended as they do at a limiter that resets: the node may be in a herd. */
	readonly crowdedSinceMs?: number;
	readonly verdict?: Verdict;
	/**
	 * Links in a row that fell silent in the middle of a stream and were made again within {@link AT_ONCE_MS}, and when the last one
	 * fell silent.
	 */
	readonly stalls?: { readonly times: number; readonly atMs: number };
	/** Not to be tried beside a live link before this. */
	readonly probeAtMs?: number;
}

/** A path that was gone takes longer to come back; one that swallows large packets (a PMTU black hole) passes the small ones of a dial. */
const AT_ONCE_MS = 20_000;
/** The first may be chance. */
const STALLS = 2;

export const NO_EVIDENCE: Evidence = { failures: 0 };

/** Outcomes by which a node spoke: whatever it said, the way to it is open. */
const REACHED: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
	'throttled',
	'overloaded',
	'rejected',
	'drained',
]);

export function isBlocked(
	evidence: Evidence,
	nowMs: number,
): evidence is Evidence & { readonly verdict: Verdict } {
	const { verdict } = evidence;
	return verdict !== undefined && !verdict.lifted && nowMs < verdict.untilMs;
}

/** The time until a blocked transport is tried again: doubles with the level, from half to one and a half of it. */
export function blockMs(
	level: number,
	why: Verdict['why'],
	settings: SelectionSettings,
	random: Random,
): number {
	const { returnAfterMs, longestBlockMs, cutGrowth } = settings;
	const growth = why === 'cut' ? cutGrowth : 2;
	const longest = Math.max(returnAfterMs, longestBlockMs);
	const nominal = Math.min(longest, returnAfterMs * growth ** (level - 1));
	return nominal * (0.5 + random());
}

/** The transport carried an authenticated link, or a probe that went all the way. */
export function recordUp(evidence: Evidence, nowMs: number): Evidence {
	const { verdict } = evidence;
	const stalls =
		nowMs - (evidence.stalls?.atMs ?? nowMs) <= AT_ONCE_MS
			? evidence.stalls
			: undefined;
	// Unconfirmed, it was the node or the network that was down.
	const lifted = verdict?.confirmed ? { ...verdict, lifted: true } : undefined;
	return { failures: 0, verdict: lifted, ...(stalls ? { stalls } : {}) };
}

/** Another transport came up: what stands against this one is now known to be its own. */
export function confirm(
	evidence: Evidence,
	settings: SelectionSettings,
	{ nowMs, random }: SelectionContext,
): Evidence {
	const { verdict } = evidence;
	if (verdict === undefined || verdict.lifted) {
		return evidence;
	}
	if (!isBlocked(evidence, nowMs)) {
		const probeAtMs = nowMs + blockMs(1, verdict.why, settings, random);
		return { ...evidence, verdict: { ...verdict, confirmed: true }, probeAtMs };
	}
	// Counted from here, since only now is there a link beside which it can be tried.
	// If it was a herd, that lasts longer for others than it did for us: a trial must not add to it.
	const herdMs = 2 * (nowMs - (evidence.crowdedSinceMs ?? nowMs));
	const untilMs =
		nowMs + herdMs + blockMs(verdict.level, verdict.why, settings, random);
	return verdict.confirmed
		? evidence
		: { ...evidence, verdict: { ...verdict, confirmed: true, untilMs } };
}

/** An attempt failed. */
export function recordFailure(
	evidence: Evidence,
	outcome: Outcome,
	settings: SelectionSettings,
	context: SelectionContext,
): Evidence {
	const { nowMs } = context;
	if (!pointsAtPath(outcome)) {
		return recordAnswer(evidence, outcome, nowMs);
	}
	const { verdict, failedAtMs = -Infinity } = evidence;
	const inARow = nowMs - failedAtMs <= settings.failureMemoryMs;
	const failures = inARow ? evidence.failures + 1 : 1;
	const { crowdedSinceMs } = inARow ? evidence : NO_EVIDENCE;
	const next: Evidence = {
		...evidence,
		failures,
		failedAtMs: nowMs,
		crowdedSinceMs:
			outcome.kind === 'overloaded'
				? (crowdedSinceMs ?? nowMs)
				: crowdedSinceMs,
	};
	// Silence over UDP is asked for four times before it counts; and nobody is given a second chance on probation.
	// A crowded node refuses over every transport, so that one refusal says nothing.
	const once =
		outcome.code === 'udp-blocked' ||
		(verdict !== undefined && outcome.kind !== 'overloaded');
	const enough = failures >= (once ? 1 : settings.failures);
	return enough && !isBlocked(evidence, nowMs)
		? condemn(next, verdict?.why ?? 'path', settings, context)
		: next;
}

/** The node's own word came over this transport, so its path is open; other outcomes say nothing. */
function recordAnswer(
	evidence: Evidence,
	outcome: Outcome,
	nowMs: number,
): Evidence {
	const reached =
		(REACHED.has(outcome.kind) && outcome.code !== 'superseded') ||
		outcome.code === 'http-404' ||
		outcome.code === 'http-4xx';
	if (!reached) {
		return evidence;
	}
	const { verdict } = evidence;
	return verdict?.why === 'path'
		? { ...recordUp(evidence, nowMs), probeAtMs: evidence.probeAtMs }
		: { ...evidence, failures: 0 };
}

/** How a live link ended. */
export interface LinkEnd {
	readonly outcome: Outcome;
	readonly lastedMs: number;
	/** It had proved stable. */
	readonly stable: boolean;
}

/**
 * A live link ended. One that was cut within seconds of coming up speaks against the transport: another may get through
 * what cuts this one, and to try costs nothing. So does the second in a row that fell silent in the middle of a stream although
 * the path passes a dial: over UDP datagrams are small enough.
 */
export function recordLinkEnd(
	evidence: Evidence,
	{ outcome, lastedMs, stable }: LinkEnd,
	settings: SelectionSettings,
	context: SelectionContext,
): Evidence {
	const { verdict } = evidence;
	// What was cut again and again before has earned no second chance, however long it has lasted since.
	const again = verdict?.why === 'cut' && lastedMs < settings.cutProbationMs;
	const times =
		outcome.code === 'link-stalled' ? 1 + (evidence.stalls?.times ?? 0) : 0;
	const stalls = times > 0 ? { times, atMs: context.nowMs } : undefined;
	const cut =
		outcome.kind === 'lost' &&
		(again || times >= STALLS || (!stable && lastedMs < settings.cutWithinMs));
	if (!cut) {
		const probationMs =
			verdict?.why === 'cut' ? settings.cutProbationMs : settings.probationMs;
		const proved = verdict?.lifted && lastedMs >= probationMs;
		return {
			...evidence,
			stalls,
			verdict: proved ? undefined : verdict,
		};
	}
	return condemn(evidence, 'cut', settings, context);
}

/** Gives a verdict, or renews it: twice as long if another transport did work in the meantime. */
export function condemn(
	evidence: Evidence,
	why: Verdict['why'],
	settings: SelectionSettings,
	{ nowMs, random }: SelectionContext,
): Evidence {
	const { verdict: old } = evidence;
	const level = old === undefined ? 1 : old.level + (old.confirmed ? 1 : 0);
	const untilMs = nowMs + blockMs(level, why, settings, random);
	return {
		...evidence,
		probeAtMs: undefined,
		verdict: { level, untilMs, why, confirmed: false, lifted: false },
	};
}
