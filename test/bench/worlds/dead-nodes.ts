import { Cluster, DEATHS } from '../../../src/simulator/index.js';

const HOUR_MS = 3600_000;
const STEP_MS = 5000;

export interface DeadNodes {
	readonly dead: number;
	readonly of: number;
	/** A name of {@link DEATHS}. */
	readonly as: string;
	/** The fleet starts with nodes that are dead already, instead of losing stable links to them. */
	readonly cold: boolean;
}

/** Some of a fleet's nodes are dead; the others let in everybody. When each device has a link, and how many never do. */
export function deadNodes(
	{ dead, of, as, cold }: DeadNodes,
	seed: number,
	devices = 400,
	horizonMs = 3 * HOUR_MS,
): { 'all up s': number; stuck: number } {
	const death = DEATHS.get(as)!;
	const cluster = new Cluster({
		devices,
		nodes: of,
		acceptRate: Infinity,
		rejectCost: 0,
		rejectDebtSeconds: 0,
		transports: ['websocket'],
		seed,
		...(cold ? { dead: { count: dead, as: death } } : {}),
	});
	if (!cold) {
		cluster.advance(2 * HOUR_MS);
		cluster.reset();
		for (const node of cluster.nodes.all.slice(0, dead)) {
			cluster.kill(node, death);
		}
	}
	const untilMs = cluster.nowMs + horizonMs;
	while (cluster.away > 0 && cluster.nowMs < untilMs) {
		cluster.advance(cluster.nowMs + STEP_MS);
	}
	const stuck = cluster.away / devices;
	return {
		'all up s': stuck > 0 ? Infinity : cluster.longestAwayMs / 1000,
		stuck,
	};
}

/** Every node of a fleet loses all its links at once: the attempts of a device until it is back. */
export function allOverloaded(
	nodes: number,
	bound: number,
	seed: number,
	devices = 4000,
): number {
	const cluster = new Cluster({
		devices,
		nodes,
		acceptRate: devices / bound / nodes,
		rejectCost: 0.1,
		rejectDebtSeconds: 10,
		transports: ['websocket'],
		seed,
	});
	cluster.advance(2 * HOUR_MS);
	cluster.reset();
	cluster.cutAll();
	const untilMs = cluster.nowMs + 4 * HOUR_MS;
	while (cluster.away > 0 && cluster.nowMs < untilMs) {
		cluster.advance(cluster.nowMs + STEP_MS);
	}
	return cluster.away > 0 ? Infinity : cluster.attempts / devices;
}
