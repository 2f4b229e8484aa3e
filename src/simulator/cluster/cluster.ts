import { outcome } from '../../outcome.js';
import type { TransportName } from '../../transport.js';
import { REFUSED, RESET, type Answer } from '../engine/door.js';
import { DeviceRandoms } from '../engine/device-random.js';
import { EventQueue } from '../engine/event-queue.js';
import {
	ClusterNodes,
	type ClusterNode,
	type ClusterNodesOptions,
} from './cluster-nodes.js';
import { DeviceCores, type DeviceLink, type Target } from './device-cores.js';

const LOST = outcome('link-reset', 'The link was reset.');

/** What one entry of the queue is about; the queue holds it together with the device in one number. */
const KINDS = 3;
const ATTEMPT = 0;
/** Has the link proved stable, and is it time to go home? */
const CHECK = 1;
/** The balancer cuts a link that was made through it while it was shuffled. */
const CUT = 2;

/** Links through a balancer that is being shuffled last between these. */
const SHUFFLED_LEAST_MS = 3000;
const SHUFFLED_MOST_MS = 20_000;

export interface ClusterOptions extends ClusterNodesOptions {
	/** Told to live links, where there is one. */
	readonly windowMs?: number;
	readonly transports: readonly TransportName[];
	readonly seed: number;
}

/** A fleet on several nodes, each device with its own decision cores, on one virtual clock. */
export class Cluster {
	nowMs = 0;
	/** Since {@link reset}: links that were lost, attempts at a new link, links that moved to another node. */
	cut = 0;
	attempts = 0;
	moves = 0;
	/** How long devices were without a link: the longest time, and all together. */
	longestAwayMs = 0;
	awayMs = 0;
	readonly nodes: ClusterNodes;
	readonly links: Array<DeviceLink | undefined>;
	private readonly cutAtMs: Float64Array;
	private readonly cores: DeviceCores;
	private readonly queue: EventQueue;
	private readonly chance: DeviceRandoms;
	private shuffledUntilMs = -Infinity;
	private drainingName: string | undefined;

	constructor(private readonly options: ClusterOptions) {
		const { devices, seed, transports } = options;
		this.nodes = new ClusterNodes(options);
		this.links = new Array<DeviceLink | undefined>(devices).fill(undefined);
		this.cutAtMs = new Float64Array(devices);
		this.queue = new EventQueue(2 * devices);
		this.chance = new DeviceRandoms(devices, seed + 1);
		this.cores = new DeviceCores(devices, seed, this.nodes.names(), transports);
		for (let device = 0; device < devices; device++) {
			this.cores.start(device, 0);
			const target = this.cores.choose(device, 0);
			this.cores.attempt(device, 0);
			this.connected(device, target, 0);
		}
	}

	/** Every device learns of the nodes that there are now. */
	announce(): void {
		this.cores.know(this.nodes.names(), this.nowMs);
		this.links.forEach((link, device) => {
			if (link) {
				this.push(this.nowMs, CHECK, device);
			}
		});
	}

	/** Starts counting afresh. */
	reset(): void {
		this.cut = this.attempts = this.moves = 0;
		this.longestAwayMs = this.awayMs = 0;
		this.nodes.resetPeaks();
	}

	/** A node dies: its links are reset, and nobody is let in any more. */
	kill(node: ClusterNode): void {
		node.down = true;
		this.cutLinks((link) => link.node === node.name);
	}

	/** A node is there again, with nothing on it. */
	revive(node: ClusterNode): void {
		node.down = false;
		node.door = this.nodes.freshDoor(this.nowMs);
	}

	/** A node tells its links to go within the deadline; the caller kills it then. */
	drain(node: ClusterNode, deadlineMs: number): void {
		this.drainingName = node.name;
		const notice = outcome('drain-notice', 'The node drains.', {
			hint: { drainDeadlineMs: deadlineMs },
		});
		this.links.forEach((link, device) => {
			if (link?.node === node.name) {
				const waitMs = this.cores.lost(device, link, notice, this.nowMs);
				this.push(this.nowMs + waitMs, ATTEMPT, device);
			}
		});
	}

	/** The balancer is shuffled: a share of the links over TCP is cut, and those that follow last for seconds. */
	shuffle(share: number, durationMs: number): void {
		this.shuffledUntilMs = this.nowMs + durationMs;
		this.cutLinks(
			({ transport }, device) =>
				transport === 'websocket' && this.chance.of(device)() < share,
		);
	}

	/** Lets time pass. */
	advance(untilMs: number): void {
		while (this.queue.nextMs <= untilMs) {
			this.nowMs = this.queue.nextMs;
			const entry = this.queue.pop();
			const device = Math.floor(entry / KINDS);
			switch (entry % KINDS) {
				case ATTEMPT:
					this.dial(device);
					break;
				case CHECK:
					this.check(device);
					break;
				case CUT:
					this.cutLinks((link) => link.upAtMs < this.nowMs, device);
					break;
			}
		}
		this.nowMs = untilMs;
	}

	private dial(device: number): void {
		const { nowMs } = this;
		const old = this.links[device];
		if (old && old.node !== this.drainingName) {
			return; // it was cut and came back otherwise, or has left the draining node
		}
		const target = this.cores.choose(device, nowMs, old?.node);
		this.attempts += 1;
		this.cores.attempt(device, nowMs);
		const { refusal } = this.ask(device, target.node);
		if (refusal) {
			const waitMs = this.cores.failed(device, target, refusal, nowMs);
			this.push(nowMs + waitMs, ATTEMPT, device);
			return;
		}
		this.connected(device, target, nowMs);
	}

	/** The link is stable by now, perhaps; and perhaps it is time to go home. */
	private check(device: number): void {
		const { nowMs } = this;
		let link = this.links[device];
		if (!link || nowMs - link.upAtMs < this.cores.stableAfterMs) {
			return; // another check comes with the link that is younger
		}
		if (!link.stable) {
			link = { ...link, stable: true };
			this.links[device] = link;
			this.cores.stable(device, link.node, nowMs);
		}
		const due = this.cores.homeDue(device, link.node);
		if (due === undefined) {
			return;
		}
		if (due.atMs > nowMs) {
			this.push(due.atMs, CHECK, device);
			return;
		}
		const { refusal } = this.ask(device, due.node);
		if (refusal) {
			this.cores.moveFailed(device, due.node, refusal, nowMs);
			this.push(nowMs, CHECK, device);
		} else {
			this.connected(device, { ...link, node: due.node }, nowMs);
		}
	}

	private ask(device: number, name: string): Answer {
		const node = this.nodes.named(name);
		node.peak.add(this.nowMs);
		if (node.down) {
			return REFUSED;
		}
		return this.drainingName === name
			? RESET
			: node.door.attempt(device, this.nowMs);
	}

	private connected(device: number, target: Target, atMs: number): void {
		const { node, transport } = target;
		if (this.links[device]) {
			this.moves += 1;
			this.release(device);
		} else {
			const awayMs = atMs - this.cutAtMs[device]!;
			this.awayMs += awayMs;
			this.longestAwayMs = Math.max(this.longestAwayMs, awayMs);
		}
		this.links[device] = { node, transport, upAtMs: atMs, stable: false };
		this.nodes.named(node).links += 1;
		this.cores.up(device, target, atMs);
		if (this.options.windowMs !== undefined) {
			const hint = { reconnectWindowMs: this.options.windowMs };
			this.cores.hint(device, node, hint, atMs);
		}
		this.push(atMs + this.cores.stableAfterMs, CHECK, device);
		if (transport === 'websocket' && atMs < this.shuffledUntilMs) {
			const lasts =
				SHUFFLED_LEAST_MS +
				this.chance.of(device)() * (SHUFFLED_MOST_MS - SHUFFLED_LEAST_MS);
			this.push(atMs + lasts, CUT, device);
		}
	}

	/** Resets the links that are picked, of one device or of all. */
	private cutLinks(
		picked: (link: DeviceLink, device: number) => boolean,
		only?: number,
	): void {
		const from = only ?? 0;
		const to = only === undefined ? this.links.length : only + 1;
		for (let device = from; device < to; device++) {
			const link = this.links[device];
			if (link && picked(link, device)) {
				this.cut += 1;
				this.cutAtMs[device] = this.nowMs;
				const waitMs = this.cores.lost(device, link, LOST, this.nowMs);
				this.release(device);
				this.push(this.nowMs + waitMs, ATTEMPT, device);
			}
		}
	}

	private release(device: number): void {
		const link = this.links[device];
		if (link) {
			this.nodes.named(link.node).links -= 1;
			this.links[device] = undefined;
		}
	}

	private push(atMs: number, kind: number, device: number): void {
		this.queue.push(atMs, device * KINDS + kind);
	}
}
