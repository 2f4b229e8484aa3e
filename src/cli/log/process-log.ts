import { fstatSync } from 'node:fs';
import { format, stripVTControlCharacters } from 'node:util';
import createDebug from 'debug';

import { createLog, isJournal, type Log } from './log.js';
import type { Masker } from './mask.js';
import type { RunOptions } from '../run/options.js';
import type { Env } from '../settings/collect.js';

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
	const to = { format: options.log, journal, masker, write };
	// Whoever sets DEBUG wants these lines, whatever the level.
	const details = createLog({ ...to, level: 'debug' });
	createDebug.log = (...args: unknown[]) => {
		const text = format(...args);
		if (options.log === 'json' || journal) {
			details('debug', stripVTControlCharacters(text));
		} else {
			write(`${masker.mask(text)}\n`);
		}
	};
	return createLog({ ...to, level: options.logLevel });
}
