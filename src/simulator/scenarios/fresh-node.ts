import type { Door } from '../engine/door.js';
import { LimitedNode } from '../engine/limited-node.js';
import { SlowNode } from '../engine/slow-node.js';
import type { HintMode } from '../herd/setup.js';
import type { Scenario } from './schema.js';

const HOUR_MS = 3600_000;

/** What one node can take a second, at its usual speed. */
export function nodeRate({ nodes, authentication }: Scenario): number {
	return authentication
		? authentication.workersPerNode / authentication.seconds
		: nodes.acceptRatePerSecond;
}

/**
 * A node that starts now, as the scenario describes them.
 *
 * @param startMs the instant that the scenario's hours are counted from
 */
export function freshNode(
	{ devices, nodes, authentication }: Scenario,
	hints: HintMode,
	nowMs: number,
	startMs: number,
): Door {
	if (authentication) {
		const { workersPerNode, seconds, slow } = authentication;
		return new SlowNode({
			...authentication,
			workers: workersPerNode,
			secondsAt(atMs) {
				const hours = (atMs - startMs) / HOUR_MS;
				const phase = slow.find(
					({ fromHours, toHours }) => hours >= fromHours && hours < toHours,
				);
				return phase?.seconds ?? seconds;
			},
		});
	}
	return new LimitedNode({
		acceptRate: nodes.acceptRatePerSecond,
		rejectCost: nodes.rejectCost,
		rejectDebtSeconds: nodes.rejectDebtSeconds,
		refusal: hints === 'none' || hints === 'window' ? 'reset' : hints,
		population: devices / nodes.count,
		upAtMs: nowMs,
	});
}
