import { CloudlinkAgent } from '../../agent/cloudlink-agent.js';
import type { RunOptions } from './options.js';
import { makeTransports } from './transports.js';

/** Makes the agent that the settings ask for. */
export async function makeAgent(options: RunOptions): Promise<CloudlinkAgent> {
	const { device, nodes, services, dialDeadlineMs, livenessMs } = options;
	return new CloudlinkAgent({
		device,
		nodes,
		transports: await makeTransports(options),
		services,
		dialDeadlineMs,
		livenessMs,
		...(options.pacing ? { pacing: { preset: options.pacing } } : {}),
		...(options.statePath ? { state: { path: options.statePath } } : {}),
	});
}
