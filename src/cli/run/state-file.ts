import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { toError } from '../../errors.js';
import type { Log } from '../log/log.js';
import type { Env } from '../settings/types.js';

/**
 * Where pacing's memory can be kept: its folder is made where it is missing. Where that cannot be, as on a read-only
 * root, the runtime folder of the service has to do: it outlives a restart, though not a boot.
 */
export function stateFile(
	wanted: string | undefined,
	env: Env,
	log: Log,
): string | undefined {
	const problem = wanted && problemOf(wanted);
	const runtime = env.RUNTIME_DIRECTORY?.split(':')[0];
	if (!problem || runtime === undefined) {
		// Without another place the agent itself warns when it cannot write there.
		return wanted;
	}
	const instead = join(runtime, basename(wanted));
	log(
		'warning',
		`The state cannot be kept in ${wanted} (${problem}); it is kept in ${instead}, until the next boot. Choose a place with --state.`,
	);
	return instead;
}

/**
 * The process of another agent that keeps its state there: one device has one agent. A lock that cannot be read is nobody's, for a
 * device without an agent is worse off than one with two.
 */
export async function otherAgent(
	statePath: string | undefined,
): Promise<number | undefined> {
	if (statePath === undefined) {
		return undefined;
	}
	// Where the agent loads them too: apart from what an agent without a state needs.
	const { readBootTime } = await import('../../state-file/boot-time.js');
	const { StateLock } = await import('../../state-file/lock.js');
	const lock = new StateLock(statePath, readBootTime().bootId);
	const owner = await lock.otherOwner().catch(() => undefined);
	return owner?.pid;
}

/** Why a file cannot be kept there, if so. */
function problemOf(file: string): string | undefined {
	const folder = dirname(file);
	let nearest = folder;
	while (!existsSync(nearest) && nearest !== dirname(nearest)) {
		nearest = dirname(nearest);
	}
	try {
		// First, since of a read-only root a recursive mkdir says that there is no such folder (ENOENT).
		accessSync(nearest, constants.W_OK);
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		return undefined;
	} catch (thrown) {
		return toError(thrown).message;
	}
}
