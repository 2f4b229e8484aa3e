import { CloudlinkError } from '../errors.js';
import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import {
	chooseNode,
	createNodes,
	homeDue,
	isKnown,
	isResolutionDue,
	reportNode,
	resolveNodes,
	withAddresses,
	withNodes,
	type NodeEvent,
	type NodesState,
} from '../nodes/index.js';
import { createPacing, pace, type PacingState } from '../pacing/index.js';
import type { PacingEvent, Wait } from '../pacing/types.js';
import type { Timer } from '../runtime/index.js';
import type { NodeAddress, Transport, TransportName } from '../transport.js';
import {
	createSelection,
	networkChanged,
	reportReturn,
	reportTransport,
	returnDue,
	selectTransport,
	type SelectionState,
} from '../selection/select.js';
import { debug } from './debug.js';
import type { NetworkChange } from './events.js';
import type { Held } from './links.js';
import { Memory } from './memory.js';
import type { ResolvedOptions } from './options.js';
import type { Target } from './state.js';

/**
 * A place in a queue that is this far off must not be lost to a crash; so it does not wait for the state file's
 * next turn. Such writes cannot come more often than that either.
 */
const WORTH_A_WRITE_MS = 60_000;

/** What the next attempt dials. */
export interface Choice {
	readonly target: Target;
	readonly transport: Transport;
	readonly node: NodeAddress | undefined;
}

/** A better link to try beside the live one. */
export interface Return {
	readonly inMs: number;
	readonly transport: TransportName;
	/** The node to go home to; undefined where only the transport is to be another. */
	readonly home?: NodeAddress;
}

/** How often the bytes that a link moves are charged to the budget, where there is one. */
const TRAFFIC_INTERVAL_MS = 60_000;

/**
 * Joins the three decision cores, when, where and how: keeps the state of each, tells all of them what
 * happened, and hands out what they decide. It is the only one that knows all three.
 */
export class Decisions {
	#options: ResolvedOptions;
	#pacing: PacingState;
	#nodes: NodesState;
	#selection: SelectionState;
	readonly #memory: Memory;
	/** The node that something was last heard of. */
	#lastNode: string | undefined;

	constructor(
		options: ResolvedOptions,
		warn: (warning: CloudlinkError) => void,
	) {
		this.#options = options;
		this.#pacing = createPacing(options.pacing);
		this.#nodes = createNodes({
			uuid: options.device.uuid,
			nodes: options.nodes,
		});
		this.#selection = createSelection(selectionOptions(options));
		this.#memory = new Memory(options, warn);
	}

	/** Recalls what was learned before, and decides on the first wait. */
	async start(): Promise<Wait> {
		const recalled = await this.#memory.recall();
		const options = this.#options;
		this.#pacing = createPacing(options.pacing, recalled.pacing);
		this.#nodes = createNodes(
			{ uuid: options.device.uuid, nodes: options.nodes },
			recalled.nodes,
			this.#nowMs() - recalled.ageMs,
		);
		this.#selection = createSelection(
			selectionOptions(options),
			recalled.selection,
			this.#nowMs() - recalled.ageMs,
		);
		const first = this.#mustPace({ type: 'start' });
		const { node } = recalled;
		if (typeof node !== 'string' || options.nodes.length === 0) {
			return first;
		}
		if (isKnown(this.#nodes, node)) {
			this.#lastNode = node;
			return first;
		}
		// The configuration changed while nothing ran.
		const elsewhere = true;
		return (
			this.#pace({ type: 'configured', device: false, elsewhere }) ?? first
		);
	}

	/** Writes down what is worth keeping, and lets go of the file. */
	async close(): Promise<void> {
		this.#save();
		await this.#memory.close();
	}

	// What to dial.

	/** Chooses transport and node. Where there is a link that drains, its node is left for another. */
	async choose(
		draining: Held | undefined,
		signal: AbortSignal,
	): Promise<Choice> {
		const { transport, reason } = selectTransport(
			this.#selection,
			this.#nowMs(),
		);
		debug('%s', reason);
		return await this.#choice(transport, draining?.node?.name, signal);
	}

	/**
	 * What to try next beside the live link, and in how long: the preferred transport, or the device's home
	 * among the nodes. Undefined while there is nothing better.
	 */
	nextReturn(held: Held): Return | undefined {
		const nowMs = this.#nowMs();
		const { transport } = held.link;
		const how = returnDue(this.#selection, transport, nowMs);
		const notBeforeMs = this.#pacing.episode?.notBeforeMs ?? nowMs;
		const beside = this.handoverOf(held) === 'make-before-break';
		const where = beside
			? held.node && homeDue(this.#nodes, held.node.name)
			: undefined;
		if (how && !(where && where.at < how.at)) {
			// Not from another carrier either, before a node said so.
			const inMs = Math.max(0, how.at - nowMs, notBeforeMs - nowMs);
			return { inMs, transport: how.transport };
		}
		return (
			where && {
				inMs: Math.max(0, where.at - nowMs, notBeforeMs - nowMs),
				transport,
				home: where.node,
			}
		);
	}

	async chooseReturn(
		{ transport, home }: Return,
		signal: AbortSignal,
	): Promise<Choice> {
		return home
			? {
					target: { transport, node: home.name },
					transport: this.#transport(transport),
					node: home,
				}
			: await this.#choice(transport, undefined, signal);
	}

	handoverOf(held: Held): Transport['handover'] {
		return this.#transport(held.link.transport).handover;
	}

	/** Whether a link's node is still among the configured ones. */
	knows(held: Held): boolean {
		const { node } = held;
		return node === undefined || isKnown(this.#nodes, node.name);
	}

	// What happened.

	/** An attempt begins. */
	attempt(): void {
		this.#pace({ type: 'attempt' });
	}

	failed(choice: Choice, ended: Outcome): Wait {
		this.#reportNode(choice.node, { type: 'ended', outcome: ended });
		this.#selection = reportTransport(
			this.#selection,
			{
				transport: choice.target.transport,
				node: choice.target.node,
				event: { ended, lastedMs: 0, stable: false },
			},
			this.#context(),
		);
		return this.#mustPace({ type: 'ended', outcome: ended });
	}

	up(held: Held): void {
		this.#pace({ type: 'up' });
		this.#reportNode(held.node, { type: 'up' });
		this.#selection = reportTransport(
			this.#selection,
			{
				transport: held.link.transport,
				node: held.link.node,
				event: 'up',
			},
			this.#context(),
		);
		this.#save();
	}

	/** A link was told something. Answered with a wait where one runs that is too short for it. */
	hinted(held: Held, hint: Hint): Wait | undefined {
		debug('told by %s: %o', held.link.node, hint);
		const wait = this.#pace({ type: 'hint', hint });
		this.#reportNode(held.node, { type: 'hint', hint });
		this.#save();
		return wait;
	}

	/** The current link ended, was told to go, or is left by us. */
	ended(held: Held, how: Outcome): Wait {
		const lastedMs = this.#nowMs() - held.upAtMs;
		this.#reportNode(held.node, { type: 'ended', outcome: how });
		this.#selection = reportTransport(
			this.#selection,
			{
				transport: held.link.transport,
				node: held.link.node,
				event: {
					ended: how,
					lastedMs,
					stable: lastedMs >= this.#options.pacing.stableAfterMs,
				},
			},
			this.#context(),
		);
		if (how.code === 'superseded') {
			const { message: reason } = how;
			return this.#mustPace({
				type: 'left',
				reason,
				elsewhere: !this.knows(held),
			});
		}
		return this.#mustPace({ type: 'ended', outcome: how });
	}

	/** How a try beside the live link went; without an outcome it worked. */
	returned(
		held: Held,
		{ home }: Return,
		{ target, node }: Choice,
		ended: Outcome | undefined,
	): void {
		if (home === undefined) {
			this.#selection = reportReturn(
				this.#selection,
				{
					transport: target.transport,
					ok: ended === undefined,
					...(ended ? { outcome: ended } : {}),
				},
				this.#context(),
			);
		} else if (ended) {
			this.#reportNode(node, { type: 'ended', outcome: ended });
		}
		if (ended?.hint && node?.name === held.node?.name) {
			// Said at the door of the very node that the live link is to: it holds for when that link is lost.
			this.#pace({ type: 'hint', hint: ended.hint });
		}
		this.#save();
	}

	networkChanged({ up, id = 'default' }: NetworkChange): Wait | undefined {
		if (up) {
			this.#selection = networkChanged(this.#selection, id);
		}
		return this.#pace({ type: 'network', up });
	}

	clockStepped(): Wait | undefined {
		return this.#pace({ type: 'clock-step' });
	}

	/** Takes over changed options. Answered with a wait that is worth replacing the running one by. */
	update(options: ResolvedOptions): Wait | undefined {
		const { device: before } = this.#options;
		const { device } = options;
		const sameDevice = device.uuid === before.uuid;
		this.#options = options;
		this.#nodes = sameDevice
			? withNodes(this.#nodes, options.nodes, this.#nowMs())
			: createNodes({ uuid: options.device.uuid, nodes: options.nodes });
		this.#selection = {
			...this.#selection,
			settings: createSelection(selectionOptions(options)).settings,
		};
		return this.#pace({
			type: 'configured',
			device: !sameDevice || device.key !== before.key,
			elsewhere:
				this.#lastNode !== undefined && !isKnown(this.#nodes, this.#lastNode),
		});
	}

	/** Watches a link that became current: when it is stable, and what it moves. */
	watch(held: Held): { release(): void } {
		const { clock } = this.#options.runtime;
		const { stableAfterMs, bytesPerHour } = this.#options.pacing;
		const charge = () => {
			const { bytesIn, bytesOut } = held.link.stats();
			const bytes = bytesIn + bytesOut - held.chargedBytes;
			this.#pace({ type: 'traffic', bytes });
			held.chargedBytes += bytes;
		};
		let traffic: Timer | undefined;
		const every = () => {
			charge();
			traffic = clock.setTimer(TRAFFIC_INTERVAL_MS, every);
		};
		if (bytesPerHour !== undefined) {
			traffic = clock.setTimer(TRAFFIC_INTERVAL_MS, every);
		}
		const stable = clock.setTimer(stableAfterMs, () => {
			this.#reportNode(held.node, { type: 'stable' });
			this.#save();
		});
		return {
			release: () => {
				stable.cancel();
				traffic?.cancel();
				charge();
			},
		};
	}

	// Inside.

	#nowMs(): number {
		return this.#options.runtime.clock.monotonicMs();
	}

	#context() {
		return { nowMs: this.#nowMs(), random: this.#options.runtime.random };
	}

	#transport(name: TransportName): Transport {
		return this.#options.transports.find((one) => one.name === name)!;
	}

	async #choice(
		name: TransportName,
		avoid: string | undefined,
		signal: AbortSignal,
	): Promise<Choice> {
		const transport = this.#transport(name);
		const target = (to: string | undefined) => ({ transport: name, node: to });
		if (this.#options.nodes.length === 0) {
			return { transport, node: undefined, target: target(undefined) };
		}
		await this.#resolve(signal);
		const { node, state } = chooseNode(this.#nodes, {
			...this.#context(),
			avoid,
			transport: name,
		});
		this.#nodes = state;
		return { transport, node, target: target(node?.name) };
	}

	async #resolve(signal: AbortSignal): Promise<void> {
		if (!isResolutionDue(this.#nodes, this.#nowMs())) {
			return;
		}
		const { found, failures } = await resolveNodes(this.#options.nodes, {
			clock: this.#options.runtime.clock,
			signal,
		});
		for (const { name, cause } of failures) {
			debug('%s was not resolved: %s', name, cause.message);
		}
		this.#nodes = withAddresses(this.#nodes, found, this.#nowMs());
	}

	#reportNode(node: NodeAddress | undefined, event: NodeEvent): void {
		if (node) {
			this.#lastNode = node.name;
			this.#nodes = reportNode(this.#nodes, node.name, event, this.#nowMs());
		}
	}

	#pace(event: PacingEvent): Wait | undefined {
		const { state, wait } = pace(this.#pacing, event, this.#context());
		this.#pacing = state;
		return wait;
	}

	/** For events that are always answered with a wait. */
	#mustPace(event: PacingEvent): Wait {
		const wait = this.#pace(event);
		if (wait === undefined) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INTERNAL',
				`Pacing had no answer to ${event.type}.`,
			);
		}
		this.#save();
		if (wait.delayMs >= WORTH_A_WRITE_MS) {
			this.#memory.flush();
		}
		return wait;
	}

	#save(): void {
		this.#memory.save(
			{
				pacing: this.#pacing,
				nodes: this.#nodes,
				selection: this.#selection,
				node: this.#lastNode,
			},
			this.#nowMs(),
		);
	}
}

function selectionOptions(options: ResolvedOptions) {
	return {
		transports: options.transports.map(({ name }) => name),
		returnAfterMs: options.transportSelection.returnAfterMs,
		...(options.nodes.length === 1 ? { cutOnNodes: 1 } : {}),
	};
}
