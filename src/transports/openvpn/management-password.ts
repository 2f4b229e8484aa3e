import { readFileSync } from 'node:fs';

import { toError } from '../../errors.js';
import { DialError, outcome } from '../../outcome.js';

/**
 * The password that a management interface asks for: the first line of its file, as openvpn reads it. Throws a DialError that says what
 * to do where there is none, or where it was given before.
 */
export function passwordOf(
	name: string,
	file: string | undefined,
	wasGiven: boolean,
): string {
	if (file === undefined) {
		throw refused(name, 'name its file with `passwordFile`');
	}
	if (wasGiven) {
		throw refused(name, `the one in ${file} is not the right one`);
	}
	try {
		return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]!;
	} catch (thrown) {
		const cause = toError(thrown);
		throw refused(name, `its file cannot be read (${cause.message})`, cause);
	}
}

function refused(name: string, why: string, cause?: Error): DialError {
	const message = `the management interface at ${name} wants a password: ${why}`;
	return new DialError(outcome('key-unavailable', message, { cause }));
}
