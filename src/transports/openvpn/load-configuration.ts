import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { LONGEST_CONFIGURATION } from './configuration.js';

/** A configuration's text, and for one from a file the directory that its relative paths start from. */
export interface LoadedConfiguration {
	readonly text: string;
	readonly file?: string;
	readonly directory?: string;
}

/** Whether a `config` option is the text itself rather than a path. */
function isText(config: string): boolean {
	return config.includes('\n');
}

/** Reads the `config` option. Throws what the file system throws. */
export function loadConfiguration(config: string): LoadedConfiguration {
	if (isText(config)) {
		return { text: config };
	}
	const path = resolve(config);
	if (statSync(path).size > LONGEST_CONFIGURATION) {
		throw new Error(`${path} is longer than ${LONGEST_CONFIGURATION} bytes`);
	}
	return {
		text: readFileSync(path, 'utf8'),
		file: path,
		directory: dirname(path),
	};
}
