import { fstatSync, type Stats } from 'node:fs';

/** Whether a stream goes to the journal: systemd names its device and inode (systemd.exec(5), JOURNAL_STREAM). */
export function isJournal(
	journalStream: string | undefined,
	stream: Pick<Stats, 'dev' | 'ino'> | undefined,
): boolean {
	return (
		journalStream !== undefined &&
		stream !== undefined &&
		journalStream === `${stream.dev}:${stream.ino}`
	);
}

const STDERR = 2;

/** Whether journald reads what this process says on stderr. */
export function journalOnStderr(env: {
	readonly JOURNAL_STREAM?: string;
}): boolean {
	try {
		return isJournal(env.JOURNAL_STREAM, fstatSync(STDERR));
	} catch {
		return false;
	}
}
