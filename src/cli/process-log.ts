import { fstatSync } from 'node:fs';
import { format } from 'node:util';
import createDebug from 'debug';

import { createLog, isJournal, type Log } from './log.js';
import type { Masker } from './mask.js';
import type { RunOptions } from './run-options.js';
import type { Env } from './sources.js';

const STDERR = 2;

function stderrStat() {
	try {
		return fstatSync(STDERR);
	} catch {
		return undefined;
	}
}

/**
 * The log of a daemon, on stderr. What `DEBUG=cloudlink:*` prints goes through it as well, so that secrets are
 * masked there too.
 */
export function processLog(
	options: Pick<RunOptions, 'log' | 'logLevel'>,
	env: Env,
	masker: Masker,
): Log {
	const write = (line: string) => {
		process.stderr.write(line);
	};
	const journal = isJournal(env.JOURNAL_STREAM, stderrStat());
	createDebug.log = (...args: unknown[]) => {
		write(`${masker.mask(format(...args))}\n`);
	};
	return createLog({
		format: options.log,
		level: options.logLevel,
		journal,
		masker,
		write,
	});
}
