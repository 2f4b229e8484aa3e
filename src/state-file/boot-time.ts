import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Which boot of the machine this is, and how long it has lasted. */
export interface BootTime {
	/** Undefined where the system does not tell; then time is not compared across processes by it. */
	readonly bootId: string | undefined;
	/** Since boot, sleep included. */
	bootMs(): number;
}

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** Asks the system. Synchronously: /proc is no disk. */
export function readBootTime(): BootTime {
	return { bootId: readBootId(), bootMs: () => uptime() * 1000 };
}

function readBootId(): string | undefined {
	try {
		return readFileSync(BOOT_ID_PATH, 'utf8').trim();
	} catch {
		return undefined;
	}
}
