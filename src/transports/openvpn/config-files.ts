import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Directive } from './configuration.js';

/** Directives whose first word is a file that openvpn reads at its start. */
const FILES = new Set([
	'ca',
	'cert',
	'key',
	'pkcs12',
	'extra-certs',
	'dh',
	'secret',
	'tls-auth',
	'tls-crypt',
	'tls-crypt-v2',
	'askpass',
	'http-proxy-user-pass',
]);

function isThere(path: string, folder: boolean): boolean {
	try {
		const found = statSync(path);
		return found.isDirectory() === folder;
	} catch {
		return false;
	}
}

/**
 * What a configuration names and is not there, so that openvpn would not start: the files of certificates and keys, the
 * folder of `cd` and `capath`, plugins. Openvpn says it in a line that its last words hide.
 *
 * @param directory where relative paths start, unless the configuration has a `cd`
 */
export function missingFiles(
	directives: readonly Directive[],
	directory = process.cwd(),
): string[] {
	const missing: string[] = [];
	let base = directory;
	const demand = (
		{ name }: Directive,
		path: string | undefined,
		folder = false,
	) => {
		if (path !== undefined && !isThere(resolve(base, path), folder)) {
			missing.push(
				`\`${name}\` names ${path}, and there is no such ${folder ? 'folder' : 'file'}`,
			);
		}
	};
	for (const directive of directives) {
		const { name, words, block } = directive;
		const [path, second] = words;
		if (block !== undefined) {
			continue;
		}
		if (name === 'cd') {
			demand(directive, path, true);
			base = resolve(base, path ?? '.');
		} else if (name === 'capath') {
			demand(directive, path, true);
		} else if (name === 'crl-verify') {
			demand(directive, path, second === 'dir');
		} else if (name === 'plugin') {
			// Openvpn looks for the others in a folder of its own.
			if (path !== undefined && /^[./]/.test(path)) {
				demand(directive, path);
			}
		} else if (FILES.has(name)) {
			demand(directive, path);
		}
	}
	return missing;
}
