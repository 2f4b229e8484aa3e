import type { CommanderError } from 'commander';

import { CloudlinkError, toError, type ErrorCode } from '../errors.js';

/** What the exit code tells. 130 and 143 are a forced end by SIGINT and SIGTERM. */
export const EXIT = {
	ok: 0,
	failure: 1,
	usage: 2,
	notConnected: 3,
	taken: 4,
	interrupted: 130,
	terminated: 143,
} as const;

const USAGE_ERRORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
	'ERR_CLOUDLINK_INVALID_OPTION',
	'ERR_CLOUDLINK_INVALID_CONFIG',
	'ERR_CLOUDLINK_SCENARIO',
]);

/** An option of the command line that cannot be used; exits with 2. */
export function usageError(message: string): CloudlinkError {
	return new CloudlinkError('ERR_CLOUDLINK_INVALID_OPTION', message);
}

/** By its code: a daemon does not load commander. */
const isCommanderError = (error: Error): error is CommanderError =>
	'code' in error && String(error.code).startsWith('commander.');

/** The exit code for something that was thrown, and what to print about it, if that is still to be done. */
export function exitFor(thrown: unknown): { code: number; message?: string } {
	const error = toError(thrown);
	if (isCommanderError(error)) {
		// Commander has printed it; help and version are no error.
		return { code: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
	}
	const usage = error instanceof CloudlinkError && USAGE_ERRORS.has(error.code);
	return {
		code: usage ? EXIT.usage : EXIT.failure,
		message: error.message,
	};
}
