import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';

const refuse = (path: string) =>
	new Error(
		`${path} is no regular file (a FIFO, a device, a folder or a link), and is neither read nor replaced.`,
	);

/** Rejects unless the path is a regular file or nothing. Some devices act when they are merely opened, so it is not. */
export async function mustBeRegular(path: string): Promise<void> {
	const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') {
			throw error;
		}
	});
	if (stat && !stat.isFile()) {
		throw refuse(path);
	}
}

/** Reads a small regular file; undefined where there is none. Whatever else lies at the path neither blocks nor is followed. */
export async function readRegular(
	path: string,
	maxBytes: number,
): Promise<string | undefined> {
	await mustBeRegular(path);
	let file;
	try {
		file = await open(
			path,
			// eslint-disable-next-line no-bitwise -- flags are bits
			constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
		);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}
		throw error;
	}
	try {
		const stat = await file.stat();
		if (!stat.isFile()) {
			throw refuse(path);
		}
		if (stat.size > maxBytes) {
			throw new Error(
				`It is ${stat.size} bytes long; ${maxBytes} are allowed.`,
			);
		}
		return await file.readFile('utf8');
	} finally {
		await file.close();
	}
}
