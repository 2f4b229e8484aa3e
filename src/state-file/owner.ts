import { readFileSync } from 'node:fs';

import * as v from '../schema.js';

/** Which process it is, over reboots and reuse of process ids. */
export interface Owner {
	readonly pid: number;
	readonly bootId?: string;
	/** When the process began, in ticks since boot; undefined where the system has no /proc. */
	readonly startTicks?: number;
}

const ownerSchema = v.object({
	pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
	bootId: v.optional(v.string()),
	startTicks: v.optional(v.number()),
});

export function thisProcess(bootId: string | undefined): Owner {
	const { pid } = process;
	return { pid, bootId, startTicks: processStat(pid)?.startTicks };
}

/** Undefined where the text names none. */
export function parseOwner(text: string): Owner | undefined {
	try {
		const parsed = v.safeParse(ownerSchema, JSON.parse(text));
		return parsed.success ? parsed.output : undefined;
	} catch {
		return undefined;
	}
}

/**
 * Whether that process still runs. Across containers that share a folder and no process ids this cannot be told, and counts
 * as no.
 */
export function isAlive(owner: Owner, bootId: string | undefined): boolean {
	if (owner.bootId !== bootId) {
		return false;
	}
	const stat = processStat(owner.pid);
	if (stat !== undefined) {
		return !stat.dead && stat.startTicks === owner.startTicks;
	}
	try {
		process.kill(owner.pid, 0);
		return true;
	} catch (thrown) {
		return (thrown as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/** Of proc_pid_stat(5), the state (3) and the start time (22); the name (2) before them may hold anything. */
function processStat(
	pid: number,
): { dead: boolean; startTicks: number } | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return {
			dead: fields[0] === 'Z' || fields[0] === 'X',
			startTicks: Number(fields[19]),
		};
	} catch {
		return undefined;
	}
}
