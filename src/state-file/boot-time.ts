import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

/** Which boot of the machine this is, and how long it has lasted. */
export interface BootTime {
	/** Undefined where the system does not tell; then time is not compared across processes by it. */
	readonly bootId: string | undefined;
	/** Since boot, sleep included. */
	bootMs(): number;
}

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** Asks the system. */
export async function readBootTime(): Promise<BootTime> {
	const bootId = await readFile(BOOT_ID_PATH, 'utf8').then(
		(text) => text.trim(),
		() => undefined,
	);
	return { bootId, bootMs: () => uptime() * 1000 };
}
