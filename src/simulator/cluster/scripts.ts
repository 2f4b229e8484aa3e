import type { TransportName } from '../../transport.js';
import { namesOf } from '../../transports/shipped.js';
import { rounded } from '../herd/measure.js';
import { Cluster } from './cluster.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Everything happens to a fleet that has been up for so long. */
const START_MS = 2 * HOUR_MS;
export const CLUSTER_NODES = 10;
/** What each node's population takes to come back: its rate follows from it. */
export const CLUSTER_BOUND_SECONDS = 200;

/** What a scenario on several nodes came to. */
export interface ClusterResult {
	readonly scenario: string;
	readonly hints: 'none' | 'window';
	readonly transports: string;
	readonly devices: number;
	/** Links that were cut. */
	readonly cut: number;
	/** The fullest node over the mean, at the end. */
	readonly spread: number;
	/** Devices that ended on another node than they began on, over the fewest that had to. Null where none had to. */
	readonly movedOverLeast: number | null;
	/** Links that were made on another node while the old one lived: left a draining node, or went back to the preferred one. */
	readonly movesPerDevice: number;
	/** Attempts at a new link for each that was cut. Null where none was. */
	readonly attemptsPerCut: number | null;
	/** The most attempts at one node in any window of max(1 s, 500/R), over R times that window. */
	readonly peakOverRate: number;
	/** The longest time that a device was without a link, and the mean over all devices of what they were. */
	readonly longestAwaySeconds: number;
	readonly meanAwaySeconds: number;
}

/** A variant of a scenario: what is told, and what the devices may use. */
interface Variant {
	readonly hints: 'none' | 'window';
	readonly transports: readonly TransportName[];
}

/** A fleet, its nodes, and what happens to them. */
export interface ClusterScenario {
	readonly name: string;
	readonly title: string;
	readonly devices: number;
	readonly variants: readonly Variant[];
	/** Makes it happen. Returns the fewest devices that had to move. */
	run(cluster: Cluster): { least: number; peakAt?: number };
}

const TCP: readonly TransportName[] = ['websocket'];
const BOTH: readonly TransportName[] = namesOf('native');
const HINTS: readonly Variant[] = [
	{ hints: 'window', transports: TCP },
	{ hints: 'none', transports: TCP },
];

const nodeDies: ClusterScenario = {
	name: 'node-dies',
	title: 'one node of ten dies, and its devices go to the nine others',
	devices: 100_000,
	variants: HINTS,
	run(cluster) {
		const node = cluster.nodes.all[3]!;
		const least = node.links;
		cluster.kill(node);
		cluster.advance(START_MS + HOUR_MS);
		return { least };
	},
};

const nodeAdded: ClusterScenario = {
	name: 'node-added',
	title: 'an eleventh node is added while ten are full, and draws its share',
	devices: 100_000,
	variants: HINTS,
	run(cluster) {
		cluster.nodes.add(cluster.nowMs);
		cluster.announce();
		cluster.advance(START_MS + 2 * HOUR_MS);
		return {
			least: cluster.places().length / (CLUSTER_NODES + 1),
			peakAt: CLUSTER_NODES,
		};
	},
};

const rollingDeploy: ClusterScenario = {
	name: 'rolling-deploy',
	title:
		'ten nodes are drained and replaced one after the other, ten minutes each',
	devices: 20_000,
	variants: HINTS,
	run(cluster) {
		for (const node of cluster.nodes.all) {
			const atMs = cluster.nowMs;
			cluster.drain(node, 4 * MINUTE_MS);
			cluster.advance(atMs + 4 * MINUTE_MS);
			cluster.kill(node);
			cluster.advance(atMs + 5 * MINUTE_MS);
			cluster.revive(node);
			cluster.advance(atMs + 10 * MINUTE_MS);
		}
		cluster.advance(cluster.nowMs + 2 * HOUR_MS);
		// Nobody has to be elsewhere in the end than he was in the beginning.
		return { least: 0 };
	},
};

const balancerShuffled: ClusterScenario = {
	name: 'balancer-shuffled',
	title:
		'the load balancer is shuffled five times in a day, ten minutes each; TCP links through it do not last',
	devices: 8000,
	variants: [
		{ hints: 'window', transports: TCP },
		{ hints: 'window', transports: BOTH },
		{ hints: 'none', transports: TCP },
		{ hints: 'none', transports: BOTH },
	],
	run(cluster) {
		for (const hours of [0, 4, 9, 14, 21]) {
			cluster.advance(START_MS + hours * HOUR_MS);
			cluster.shuffle(0.5, 10 * MINUTE_MS);
		}
		cluster.advance(START_MS + 24 * HOUR_MS);
		return { least: 0 };
	},
};

/** The scenarios that run the choice of node and of transport as well. */
export const CLUSTER_SCENARIOS: readonly ClusterScenario[] = [
	nodeDies,
	nodeAdded,
	rollingDeploy,
	balancerShuffled,
];

/** Runs one variant. Same scenario, variant and seed, same result. */
export function runCluster(
	scenario: ClusterScenario,
	variant: Variant,
	seed: number,
	devices = scenario.devices,
): ClusterResult {
	const acceptRate = devices / CLUSTER_NODES / CLUSTER_BOUND_SECONDS;
	const cluster = new Cluster({
		devices,
		nodes: CLUSTER_NODES,
		acceptRate,
		rejectCost: 0.1,
		rejectDebtSeconds: 10,
		transports: variant.transports,
		seed,
		...(variant.hints === 'window'
			? { windowMs: CLUSTER_BOUND_SECONDS * 1000 }
			: {}),
	});
	cluster.advance(START_MS);
	const before = cluster.places();
	cluster.reset();
	const { least, peakAt } = scenario.run(cluster);
	const moved = cluster
		.places()
		.filter((node, device) => node !== before[device]).length;
	const alive = cluster.nodes.all.filter(({ dead }) => !dead);
	const peaks = cluster.nodes.all
		.filter(({ dead }, i) => (peakAt === undefined ? !dead : i === peakAt))
		.map(({ peak }) => peak.peak);
	const allowed = Math.max(acceptRate, 500);
	return {
		scenario: scenario.name,
		hints: variant.hints,
		transports: variant.transports.join('+'),
		devices,
		cut: cluster.cut,
		spread: rounded(
			Math.max(...alive.map(({ links }) => links)) / (devices / alive.length),
		),
		movedOverLeast: least === 0 ? null : rounded(moved / least),
		movesPerDevice: rounded(cluster.moves / devices),
		attemptsPerCut:
			cluster.cut === 0 ? null : rounded(cluster.attempts / cluster.cut),
		peakOverRate: rounded(Math.max(...peaks) / allowed),
		longestAwaySeconds: rounded(cluster.longestAwayMs / 1000),
		meanAwaySeconds: rounded(cluster.awayMs / 1000 / devices),
	};
}
