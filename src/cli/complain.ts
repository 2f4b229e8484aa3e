import { createLog } from './log/log.js';
import { journalOnStderr } from './log/journal.js';
import { Masker } from './log/mask.js';
import type { Env } from './settings/types.js';

/** Whether a daemon was asked for JSON, as far as its command line and environment tell. */
export const wantsJson = ([command, ...args]: readonly string[], env: Env) =>
	command === 'run' &&
	(/(^| )--log[ =]json\b/.test(args.join(' ')) || env.CLOUDLINK_LOG === 'json');

/** Says on stderr why a command does not run, in the form that its log would have had. */
export function complain(
	message: string,
	args: readonly string[],
	env: Env,
): void {
	const write = (line: string) => {
		process.stderr.write(line);
	};
	const json = wantsJson(args, env);
	const journal = journalOnStderr(env);
	if (json || journal) {
		const format = json ? 'json' : 'text';
		const masker = new Masker();
		const log = createLog({ format, level: 'error', journal, masker, write });
		log('error', message.trim().replace(/^error: /, ''), {
			event: 'start-error',
		});
	} else {
		write(`cloudlink-agent: ${message.trim()}\n`);
	}
}
