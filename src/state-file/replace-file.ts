import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a file in the place of another at one stroke. The data must be on the disk before the name is, or a
 * power cut could leave an empty file under it; and the folder after that, or the old name could come back.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
	const temporary = `${path}.tmp`;
	// Left by a process that was killed; made anew, so that no link that somebody put there is followed.
	await unlink(temporary).catch(ignoreMissing);
	try {
		const file = await open(temporary, 'wx', 0o600);
		try {
			await file.writeFile(text);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(temporary, path);
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw error;
	}
	await syncFolder(dirname(path));
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
	if (error.code !== 'ENOENT') {
		throw error;
	}
}

/** Not every file system lets a folder be synced; then the file is as safe as it can be made. */
async function syncFolder(path: string): Promise<void> {
	try {
		const folder = await open(path, 'r');
		try {
			await folder.sync();
		} finally {
			await folder.close();
		}
	} catch {
		// Not worth a warning: the new state is in place.
	}
}
