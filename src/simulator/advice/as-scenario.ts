import type { ClusterScenario } from '../cluster/scripts.js';
import { CLUSTER_BOUND_SECONDS, CLUSTER_NODES } from '../cluster/scripts.js';
import type { HerdSetup } from '../herd/setup.js';
import { plainLine, type Scenario } from '../scenarios/index.js';

/** A fleet that is given up is given up after as long as a herd is. */
const HORIZON_BOUNDS = 100;

const deploy = {
	atHours: 0,
	nodesReplaced: 1,
	cutOverSeconds: 0,
	downSeconds: 0,
	downAs: 'refused',
	drainSeconds: 0,
} as const;

/** The first herd of a setup as a scenario of one node, so that advice is found in one way for both. */
export function herdAsScenario(setup: HerdSetup): Scenario {
	const { backlogSeconds, backlogFull, stage, abandonedCost } = setup;
	const boundHours = setup.devices / setup.acceptRate / 3600;
	const said = {
		retryAfterSeconds: setup.retryAfterSeconds,
		windowErrorFactor: setup.windowError,
		hintLossShare: setup.hintLoss,
	};
	return {
		name: 'herd',
		title: 'How a fleet comes back',
		known: [],
		assumed: [],
		devices: setup.devices,
		nodes: {
			count: 1,
			acceptRatePerSecond: setup.acceptRate,
			rejectCost: setup.rejectCost,
			rejectDebtSeconds: setup.rejectDebtSeconds,
			...(setup.door === 'queue' && {
				queue: { backlogSeconds, backlogFull, stage, abandonedCost },
			}),
		},
		deploys: [
			{
				...deploy,
				downSeconds: setup.outageSeconds,
				downAs: setup.outageAs,
			},
		],
		compare: [
			plainLine(setup.stockPolicy.name),
			plainLine('agent', { hints: setup.hints, ...said }),
		],
		horizonHours: Math.max(1, HORIZON_BOUNDS * boundHours),
	};
}

/** A fleet on several nodes of which one is replaced: what a plan for any scenario on such nodes has to hold for. */
export function clusterAsScenario(cluster: ClusterScenario): Scenario {
	return {
		name: cluster.name,
		title: cluster.title,
		known: [],
		assumed: [],
		devices: cluster.devices,
		nodes: {
			count: CLUSTER_NODES,
			acceptRatePerSecond:
				cluster.devices / CLUSTER_NODES / CLUSTER_BOUND_SECONDS,
			rejectCost: 0.1,
			rejectDebtSeconds: 10,
		},
		deploys: [deploy],
		compare: [plainLine('balena-tcp-reset'), plainLine('agent')],
		horizonHours: 8,
	};
}
