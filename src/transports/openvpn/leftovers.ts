import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { debugLog } from '../../debug.js';
import { wait, type Clock } from '../../runtime/index.js';

const debug = debugLog('cloudlink:transport:openvpn');

/** Marks the openvpn of an agent in its environment. */
const VARIABLE = 'CLOUDLINK_OPENVPN_OF';

/** A process that was killed is gone after this, or is not ours to kill. */
const GONE_WITHIN_MS = 1000;
const LOOK_AGAIN_MS = 20;

/** When a process was started, which no other with its number shares; undefined where there is no such process. */
function startOf(pid: string): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// Field 22; the second one, in brackets, may hold spaces.
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
	} catch {
		return undefined;
	}
}

/** Numbers of processes mean something within one pid namespace only: a folder of temporary files may be shared. */
function namespace(): string {
	try {
		return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
	} catch {
		return '0';
	}
}

let mark: string | undefined;

/** This process, told from all others: `NAMESPACE-PID-START`. */
function ownMark(): string {
	mark ??= `${namespace()}-${process.pid}-${startOf('self') ?? '0'}`;
	return mark;
}

/** The name of a temporary folder begins with this. */
export const folderPrefix = (): string => `cloudlink-${ownMark()}-`;

/** Goes into the environment of an openvpn that we start. */
export const processMark = (): Record<string, string> => ({
	[VARIABLE]: ownMark(),
});

/** Whether a mark is of a process that is no more; never for one that cannot be judged. */
function isOrphaned(of: string | undefined): boolean {
	const [inside, pid, start] = (of ?? '').split('-');
	return (
		start !== undefined &&
		start !== '0' &&
		inside === namespace() &&
		startOf(pid!) !== start
	);
}

async function sweepFolders(): Promise<void> {
	for (const name of await readdir(tmpdir())) {
		const of = /^cloudlink-(\d+-\d+-\d+)-/.exec(name)?.[1];
		if (isOrphaned(of)) {
			debug('an agent that was killed has left %s', name);
			await rm(join(tmpdir(), name), { recursive: true, force: true });
		}
	}
}

async function orphanedProcesses(): Promise<string[]> {
	const found: string[] = [];
	for (const pid of await readdir('/proc')) {
		if (/^\d+$/.test(pid)) {
			const environment = await readFile(
				`/proc/${pid}/environ`,
				'latin1',
			).catch(() => '');
			const of = environment
				.split('\0')
				.find((pair) => pair.startsWith(`${VARIABLE}=`))
				?.slice(VARIABLE.length + 1);
			if (isOrphaned(of)) {
				found.push(pid);
			}
		}
	}
	return found;
}

/** Openvpn leads a group of its own, in which its scripts are; they may bear the mark themselves. */
function killGroup(pid: number): void {
	for (const target of [-pid, pid]) {
		try {
			process.kill(target, 'SIGKILL');
		} catch {
			// Not a leader, or gone meanwhile.
		}
	}
}

async function sweepProcesses(clock: Clock): Promise<void> {
	const orphans = await orphanedProcesses();
	for (const pid of orphans) {
		debug('an agent that was killed has left process %s', pid);
		killGroup(Number(pid));
	}
	const untilMs = clock.monotonicMs() + GONE_WITHIN_MS;
	while (
		orphans.some((pid) => startOf(pid) !== undefined) &&
		clock.monotonicMs() < untilMs
	) {
		await wait(clock, LOOK_AGAIN_MS);
	}
}

let swept: Promise<void> | undefined;

/**
 * Removes what agents have left that were killed and could not: temporary folders, and an openvpn (with its scripts) that
 * waits for a script and so has not seen that its manager is gone. Once for a process; never rejects.
 */
export function sweepLeftovers(clock: Clock): Promise<void> {
	swept ??= Promise.allSettled([sweepFolders(), sweepProcesses(clock)]).then(
		() => undefined,
	);
	return swept;
}
