import { parseNodes, type NodeEntry } from '../../nodes/index.js';
import { LimitedNode } from '../engine/limited-node.js';
import { SlidingPeak } from '../engine/sliding-peak.js';
import type { NodeCapacity } from '../engine/token-bucket.js';
import type { Death } from './death.js';

/** The rate and the price of a rejection are those of each node. */
export interface ClusterNodesOptions extends NodeCapacity {
	readonly devices: number;
	/** Nodes that there are at first. */
	readonly nodes: number;
}

/** One node, and what is counted of it. */
export interface ClusterNode {
	readonly name: string;
	door: LimitedNode;
	/** How it is dead, where it is. */
	dead: Death | undefined;
	links: number;
	/** Of all attempts that came here, let in or not. */
	peak: SlidingPeak;
}

/** The nodes that a fleet may choose from. */
export class ClusterNodes {
	readonly all: ClusterNode[] = [];
	/** Everybody is let in: how a fleet comes to be there before anything happens. */
	open = false;
	readonly #byName = new Map<string, ClusterNode>();
	readonly #options: ClusterNodesOptions;

	constructor(options: ClusterNodesOptions) {
		this.#options = options;
		for (let i = 0; i < options.nodes; i++) {
			this.add(0);
		}
	}

	names(): string[] {
		return this.all.map(({ name }) => name);
	}

	entries(): readonly NodeEntry[] {
		return parseNodes(this.names());
	}

	named(name: string): ClusterNode {
		return this.#byName.get(name)!;
	}

	add(nowMs: number): void {
		const node: ClusterNode = {
			// An address of the range for documentation: nothing has to be looked up.
			name: `192.0.2.${this.all.length + 1}:443`,
			door: this.freshDoor(nowMs),
			dead: undefined,
			links: 0,
			peak: this.#freshPeak(),
		};
		this.all.push(node);
		this.#byName.set(node.name, node);
	}

	resetPeaks(): void {
		for (const node of this.all) {
			node.peak = this.#freshPeak();
		}
	}

	/** The admission of a node that starts now. */
	freshDoor(nowMs: number): LimitedNode {
		const { devices, nodes } = this.#options;
		return new LimitedNode({
			...this.#options,
			refusal: 'reset',
			population: devices / nodes,
			upAtMs: nowMs,
		});
	}

	#freshPeak(): SlidingPeak {
		return new SlidingPeak(Math.max(1, 500 / this.#options.acceptRate) * 1000);
	}
}
