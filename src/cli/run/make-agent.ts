import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { CloudlinkAgent } from '../../agent/agent.js';
import type { RunOptions } from './options.js';
import { makeTransports } from './transports.js';

/** Makes the agent that the settings ask for, and the folder of its state. */
export function makeAgent(options: RunOptions): CloudlinkAgent {
	const { device, nodes, services, dialDeadlineMs, livenessMs } = options;
	makeFolderOf(options.statePath);
	return new CloudlinkAgent({
		device,
		nodes,
		transports: makeTransports(options),
		services,
		dialDeadlineMs,
		livenessMs,
		...(options.pacing ? { pacing: { preset: options.pacing } } : {}),
		...(options.statePath ? { state: { path: options.statePath } } : {}),
	});
}

function makeFolderOf(file: string | undefined): void {
	if (file !== undefined) {
		try {
			mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		} catch {
			// The agent warns when it cannot write there.
		}
	}
}
