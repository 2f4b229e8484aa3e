import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { toError } from '../../errors.js';
import { usageError } from '../exit.js';

/** Who dials: a device of the staging fleet. */
export interface Device {
	readonly uuid: string;
	readonly key: string;
}

/** What a key command may print. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Where the keys of the devices come from; exactly one of them. */
export interface KeySourceFlags {
	readonly keys?: string;
	readonly keyCommand?: string;
}

async function readKeys({ keys, keyCommand }: KeySourceFlags): Promise<string> {
	if ((keys === undefined) === (keyCommand === undefined)) {
		throw usageError(
			'Give the devices with --keys FILE or with --key-command COMMAND: a line for each, its uuid and its key.',
		);
	}
	try {
		return keys === undefined
			? (
					await promisify(execFile)('/bin/sh', ['-c', keyCommand!], {
						maxBuffer: MOST_BYTES,
					})
				).stdout
			: readFileSync(keys, 'utf8');
	} catch (error) {
		const { code, message } = toError(error) as NodeJS.ErrnoException;
		throw usageError(
			keys === undefined
				? `--key-command failed: ${typeof code === 'number' ? `exit code ${String(code)}` : code}.`
				: `--keys: ${message}`,
		);
	}
}

/** The devices in the order of their lines. What is wrong with one is told by its number: a line may hold a key. */
export async function readDevices(flags: KeySourceFlags): Promise<Device[]> {
	const text = await readKeys(flags);
	const devices = new Map<string, Device>();
	text.split('\n').forEach((line, i) => {
		const [uuid, key, ...more] = line.trim().split(/[\s,]+/);
		if (!uuid || uuid.startsWith('#')) {
			return;
		}
		if (!key || more.length > 0) {
			throw usageError(
				`Line ${i + 1} of the keys: it must be a uuid and a key.`,
			);
		}
		if (devices.has(uuid)) {
			throw usageError(`Line ${i + 1} of the keys: this uuid came before.`);
		}
		devices.set(uuid, { uuid, key });
	});
	return [...devices.values()];
}

/** One of several processes that share a fleet. */
export interface Share {
	readonly index: number;
	readonly of: number;
}

/** Of so many devices those that are this process's: every `of`-th. */
export const shareOf = <T>(all: readonly T[], { index, of }: Share): T[] =>
	all.filter((_, i) => i % of === index);
