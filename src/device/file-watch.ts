import { realpathSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

import { toError } from '../errors.js';
import type { Clock, Timer } from '../runtime/index.js';

export interface FileWatchOptions {
	readonly file: string;
	readonly clock: Clock;
	/** How long the file must be left alone before it counts as changed: one write makes many events. */
	readonly quietMs: number;
	/** The file may have changed, come or gone. */
	readonly onChange: () => void;
	/** It cannot be watched (any more). */
	readonly onProblem: (problem: Error) => void;
}

/** A watch on one file, until it is closed. */
export interface FileWatch {
	/** Ends the watch; nothing is left behind. */
	close(): void;
}

function resolved(file: string): string {
	try {
		return realpathSync(file);
	} catch {
		return file;
	}
}

/**
 * Watches a file through its folder, so that one which is replaced (written beside and renamed, as
 * os-config and NetworkManager do) is seen as well as one that is written in place. Symbolic links are
 * followed once, at the start. Does not keep the process alive.
 */
export function watchFile(options: FileWatchOptions): FileWatch {
	const { clock, quietMs, onChange, onProblem } = options;
	const file = resolved(options.file);
	const name = basename(file);
	let quiet: Timer | undefined;
	let watcher: FSWatcher | undefined;
	try {
		watcher = watch(dirname(file), { persistent: false });
	} catch (error) {
		onProblem(toError(error));
	}
	watcher?.on('change', (_event, changed) => {
		if (changed === null || String(changed) === name) {
			quiet?.cancel();
			quiet = clock.setTimer(quietMs, onChange);
		}
	});
	watcher?.on('error', (error) => {
		watcher?.close();
		onProblem(error);
	});
	return {
		close: () => {
			quiet?.cancel();
			watcher?.close();
		},
	};
}
