import type { Dial } from '../../decisions/index.js';
import { outcome } from '../../outcome.js';
import type { TransportName } from '../../transport.js';
import { SHIPPED } from '../../transports/shipped.js';
import { ActingFleet } from '../devices/acting-fleet.js';
import type { SimulatedLink, World, WorldAnswer } from '../devices/world.js';
import { DeviceRandoms } from '../engine/device-random.js';
import { RESET } from '../engine/door.js';
import {
	ClusterNodes,
	type ClusterNode,
	type ClusterNodesOptions,
} from './cluster-nodes.js';
import { DEATHS, type Death } from './death.js';

const LOST = outcome('link-reset', 'The link was reset.');

/** Links through a balancer that is being shuffled last between these. */
const SHUFFLED_LEAST_MS = 3000;
const SHUFFLED_MOST_MS = 20_000;

/** What a {@link Cluster} is made of. */
export interface ClusterOptions extends ClusterNodesOptions {
	/** Told to live links, where there is one. */
	readonly windowMs?: number;
	readonly transports: readonly TransportName[];
	readonly seed: number;
	/** Nodes that are dead from the start, the first ones; the fleet then starts cold instead of being up already. */
	readonly dead?: { readonly count: number; readonly as: Death };
}

/** A fleet on several nodes, where things happen to the nodes and to what is between. */
export class Cluster implements World {
	/** Since {@link reset}: links that were lost, attempts at a new link, links that moved to another node. */
	cut = 0;
	attempts = 0;
	moves = 0;
	/** How long devices were without a link: the longest time, and all together. */
	longestAwayMs = 0;
	awayMs = 0;
	readonly nodes: ClusterNodes;
	readonly #options: ClusterOptions;
	readonly #fleet: ActingFleet;
	/** Every link that serves, the current ones and those that drain or stand by. */
	readonly #links = new Set<SimulatedLink>();
	/** Since when each device has been without a link; NaN while it has one. */
	readonly #awaySinceMs: Float64Array;
	/** The node of each device's current link before the present one. */
	readonly #lastNode: Array<string | undefined>;
	readonly #chance: DeviceRandoms;
	#shuffledUntilMs = -Infinity;
	#drainingName: string | undefined;

	constructor(options: ClusterOptions) {
		const { devices, seed, transports } = options;
		this.#options = options;
		this.nodes = new ClusterNodes(options);
		this.#awaySinceMs = new Float64Array(devices);
		this.#lastNode = new Array<string | undefined>(devices).fill(undefined);
		this.#chance = new DeviceRandoms(devices, seed + 1);
		this.#fleet = new ActingFleet(
			{
				devices,
				seed,
				nodes: this.nodes.names(),
				transports: transports.map(
					(name) => SHIPPED.find((one) => one.name === name) ?? { name },
				),
			},
			this,
		);
		if (options.dead) {
			this.#startCold(options.dead);
			return;
		}
		this.nodes.open = true;
		for (let device = 0; device < devices; device++) {
			this.#fleet.start(device);
			this.#fleet.hurry(device);
		}
		this.nodes.open = false;
	}

	#startCold({ count, as }: NonNullable<ClusterOptions['dead']>): void {
		for (const node of this.nodes.all.slice(0, count)) {
			node.dead = as;
		}
		this.#awaySinceMs.fill(0);
		for (let device = 0; device < this.#options.devices; device++) {
			this.#fleet.start(device);
		}
	}

	/** Devices that have no link. */
	get away(): number {
		return this.#awaySinceMs.reduce(
			(sum, sinceMs) => sum + (Number.isNaN(sinceMs) ? 0 : 1),
			0,
		);
	}

	get nowMs(): number {
		return this.#fleet.nowMs;
	}

	/** Where each device is. */
	places(): Array<string | undefined> {
		return this.#lastNode.map(
			(_, device) => this.#fleet.linkOf(device)?.target.node,
		);
	}

	/** Every device learns of the nodes that there are now. */
	announce(): void {
		const nodes = this.nodes.entries();
		for (let device = 0; device < this.#options.devices; device++) {
			this.#fleet.configure(device, { nodes });
		}
	}

	/** Starts counting afresh. */
	reset(): void {
		this.cut = this.attempts = this.moves = 0;
		this.longestAwayMs = this.awayMs = 0;
		this.nodes.resetPeaks();
	}

	/** A node dies: its links are reset, and nobody is let in any more. */
	kill(node: ClusterNode, as: Death = DEATHS.get('refuse')!): void {
		node.dead = as;
		this.#cut((link) => link.target.node === node.name);
	}

	/** All links are reset at once, and every node is there. */
	cutAll(): void {
		this.#cut(() => true);
	}

	/** A node is there again, with nothing on it. */
	revive(node: ClusterNode): void {
		node.dead = undefined;
		node.door = this.nodes.freshDoor(this.nowMs);
	}

	/** A node tells its links to go within the deadline; the caller kills it then. */
	drain(node: ClusterNode, deadlineMs: number): void {
		this.#drainingName = node.name;
		const notice = outcome('drain-notice', 'The node drains.', {
			hint: { drainDeadlineMs: deadlineMs },
		});
		for (const link of [...this.#links]) {
			if (link.target.node === node.name) {
				this.#fleet.drain(link, notice);
			}
		}
	}

	/** The balancer is shuffled: a share of the links over TCP is cut, and those that follow last for seconds. */
	shuffle(share: number, durationMs: number): void {
		this.#shuffledUntilMs = this.nowMs + durationMs;
		this.#cut(
			({ target, device }) =>
				target.transport === 'websocket' && this.#chance.of(device)() < share,
		);
	}

	/** Lets time pass. */
	advance(untilMs: number): void {
		this.#fleet.advance(untilMs);
	}

	// The world that the fleet acts on.

	dial(
		device: number,
		{ target, failback, connectDeadlineMs }: Dial,
		nowMs: number,
	): WorldAnswer {
		this.attempts += failback === undefined ? 1 : 0;
		const node = this.nodes.named(target.node!);
		node.peak.add(nowMs);
		if (node.dead) {
			return node.dead.answer(connectDeadlineMs);
		}
		return this.#drainingName === node.name
			? RESET
			: this.nodes.open
				? { afterMs: 0 }
				: node.door.attempt(device, nowMs);
	}

	onMade(link: SimulatedLink, nowMs: number): void {
		this.#links.add(link);
		this.nodes.named(link.target.node!).links += 1;
		if (
			link.target.transport === 'websocket' &&
			nowMs < this.#shuffledUntilMs
		) {
			const { device } = link;
			const lastsMs =
				SHUFFLED_LEAST_MS +
				this.#chance.of(device)() * (SHUFFLED_MOST_MS - SHUFFLED_LEAST_MS);
			this.#fleet.plan(device, nowMs + lastsMs);
		}
	}

	onUp(link: SimulatedLink, nowMs: number): void {
		const { device, target } = link;
		const awaySinceMs = this.#awaySinceMs[device]!;
		if (Number.isNaN(awaySinceMs)) {
			this.moves += this.#lastNode[device] === target.node ? 0 : 1;
		} else {
			const awayMs = nowMs - awaySinceMs;
			this.awayMs += awayMs;
			this.longestAwayMs = Math.max(this.longestAwayMs, awayMs);
		}
		this.#awaySinceMs[device] = NaN;
		this.#lastNode[device] = target.node;
		if (this.#options.windowMs !== undefined) {
			this.#fleet.hint(link, { reconnectWindowMs: this.#options.windowMs });
		}
	}

	onGone(link: SimulatedLink): void {
		this.#links.delete(link);
		this.nodes.named(link.target.node!).links -= 1;
	}

	/** The balancer cuts a link that was made through it while it was shuffled. */
	onPlanned(device: number, nowMs: number): void {
		const link = this.#fleet.linkOf(device);
		if (link?.target.transport === 'websocket' && link.upAtMs < nowMs) {
			this.#end(link);
		}
	}

	#cut(picked: (link: SimulatedLink) => boolean): void {
		for (const link of [...this.#links]) {
			if (picked(link)) {
				this.#end(link);
			}
		}
	}

	#end(link: SimulatedLink): void {
		const { device } = link;
		const wasCurrent = this.#fleet.linkOf(device) === link;
		this.#fleet.end(link, LOST);
		this.cut += wasCurrent ? 1 : 0;
		if (this.#fleet.linkOf(device) === undefined) {
			this.#awaySinceMs[device] = this.nowMs;
		}
	}
}
