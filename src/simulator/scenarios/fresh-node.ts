import type { Door } from '../engine/door.js';
import { LimitedNode, type Refusal } from '../engine/limited-node.js';
import { Outage } from '../engine/outage.js';
import { QueueNode } from '../engine/queue-node.js';
import { SlowNode } from '../engine/slow-node.js';
import type { Scenario, ScenarioLine } from './schema.js';

const HOUR_MS = 3600_000;

/** What one node can take a second, at its usual speed. */
export function nodeRate({ nodes, authentication }: Scenario): number {
	return authentication
		? authentication.workersPerNode / authentication.seconds
		: nodes.acceptRatePerSecond;
}

/** How long the devices of a node need to come back, at its usual speed. */
export function nodeBoundSeconds(scenario: Scenario): number {
	return scenario.devices / scenario.nodes.count / nodeRate(scenario);
}

/** What a node tells those that it refuses. */
export function refusalOf({ hints, refusal }: ScenarioLine): Refusal {
	return refusal ?? (hints === 'none' || hints === 'window' ? 'reset' : hints);
}

/** When a node starts, and what it is until then. */
export interface NodeStart {
	readonly nowMs: number;
	readonly downAs: Scenario['deploys'][number]['downAs'];
	/** The instant that the scenario's hours are counted from. */
	readonly startMs: number;
}

/** A node that starts now, as the scenario describes them. */
export function freshNode(
	scenario: Scenario,
	line: ScenarioLine,
	start: NodeStart,
): Door {
	const { nowMs, downAs } = start;
	const stage = scenario.nodes.queue?.stage ?? 'upgrade';
	return new Outage(started(scenario, line, start), nowMs, downAs, stage);
}

function started(
	scenario: Scenario,
	line: ScenarioLine,
	{ nowMs, startMs }: NodeStart,
): Door {
	const { devices, nodes, authentication } = scenario;
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
	if (nodes.queue) {
		return new QueueNode({
			...nodes.queue,
			acceptRate: nodes.acceptRatePerSecond,
		});
	}
	return new LimitedNode({
		acceptRate: nodes.acceptRatePerSecond,
		rejectCost: nodes.rejectCost,
		rejectDebtSeconds: nodes.rejectDebtSeconds,
		refusal: refusalOf(line),
		population: devices / nodes.count,
		retryAfterSeconds: line.retryAfterSeconds,
		windowSeconds: line.windowErrorFactor * nodeBoundSeconds(scenario),
		upAtMs: nowMs,
	});
}
