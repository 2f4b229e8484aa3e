import { performance } from 'node:perf_hooks';
import { systemClock } from '../runtime/index.js';

/** Lets everything run that needs no time: promises, ticks, and the I/O that is ready. */
export function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** What says that real bytes may be on their way (`process.getActiveResourcesInfo`). */
const SOCKETS = /^(TCP|TLS|UDP)/;
/** Work that other threads do for this process while its loop is idle; a message port may be a loader's. */
const ELSEWHERE = /^(GetAddrInfo|FSReq|QueryReq|MessagePort|\w+Job$)/;

const LONGEST_MS = 2000;
/** A message port may be there for good. */
const LONGEST_ELSEWHERE_MS = 50;
/** Two looks: between them whatever the first woke has had its turn. */
const QUIET_LOOKS = 2;

function pause(): Promise<void> {
	return new Promise((resolve) => {
		systemClock.setTimer(1, resolve);
	});
}

/**
 * As {@link settle}, and where this process has sockets it waits, in real time, until nothing moves on them: the loop sat idle
 * and no other thread is at work for it. For both ends of a connection in one process; nobody sees what another process does.
 */
export async function settleSockets(): Promise<void> {
	await settle();
	if (!process.getActiveResourcesInfo().some((kind) => SOCKETS.test(kind))) {
		return;
	}
	const beganMs = systemClock.monotonicMs();
	const tookMs = () => systemClock.monotonicMs() - beganMs;
	let quiet = 0;
	while (quiet < QUIET_LOOKS && tookMs() < LONGEST_MS) {
		const before = performance.eventLoopUtilization();
		await pause();
		const { idle } = performance.eventLoopUtilization(before);
		const isBusy =
			tookMs() < LONGEST_ELSEWHERE_MS &&
			process.getActiveResourcesInfo().some((kind) => ELSEWHERE.test(kind));
		quiet = idle > 0.5 && !isBusy ? quiet + 1 : 0;
	}
}
