import { format, stripVTControlCharacters } from 'node:util';

import { journalOnStderr } from '../log/journal.js';
import { createLog, type Log } from '../log/log.js';
import type { Masker } from '../log/mask.js';
import type { LogTail } from '../log/tail.js';
import type { Env } from '../settings/types.js';
import type { RunOptions } from './options.js';

/**
 * The log of a daemon, on stderr, with its last lines kept for whoever asks. What `DEBUG=cloudlink:*` prints goes
 * through it as well, so that secrets are masked there too.
 */
export async function processLog(
	options: Pick<RunOptions, 'log' | 'logLevel'>,
	env: Env,
	masker: Masker,
	tail?: LogTail,
): Promise<Log> {
	const write = (line: string) => {
		tail?.add(line);
		process.stderr.write(line);
	};
	const journal = journalOnStderr(env);
	const to = { format: options.log, journal, masker, write };
	if (env.DEBUG) {
		await redirectDebug(options.log === 'json' || journal, to);
	}
	return createLog({ ...to, level: options.logLevel });
}

async function redirectDebug(
	isOurs: boolean,
	to: Omit<Parameters<typeof createLog>[0], 'level'>,
): Promise<void> {
	const { default: createDebug } = await import('debug');
	// Whoever sets DEBUG wants these lines, whatever the level.
	const details = createLog({ ...to, level: 'debug' });
	createDebug.log = (...args: unknown[]) => {
		const text = format(...args);
		if (isOurs) {
			details('debug', stripVTControlCharacters(text));
		} else {
			to.write(`${to.masker.mask(text)}\n`);
		}
	};
	if (isOurs) {
		// The log, or the journal, gives each line its one time.
		const { inspectOpts } = createDebug as unknown as { inspectOpts: object };
		Object.assign(inspectOpts, { hideDate: true });
	}
}
