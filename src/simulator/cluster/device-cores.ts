import { CloudlinkError } from '../../errors.js';
import type { Hint } from '../../hint.js';
import {
	chooseNode,
	createNodes,
	homeDue,
	parseNodes,
	reportNode,
	withNodes,
	type NodeEvent,
	type NodesState,
} from '../../nodes/index.js';
import type { Outcome } from '../../outcome.js';
import {
	createPacing,
	pace,
	resolvePacing,
	type PacingState,
} from '../../pacing/index.js';
import type { PacingEvent } from '../../pacing/types.js';
import {
	createSelection,
	reportTransport,
	selectTransport,
	type SelectionState,
} from '../../selection/select.js';
import type { TransportName } from '../../transport.js';
import { DeviceRandoms } from '../engine/device-random.js';

/** Where and how a device dials. */
export interface Target {
	readonly node: string;
	readonly transport: TransportName;
}

/** A link as its device sees it. */
export interface DeviceLink extends Target {
	readonly upAtMs: number;
	readonly stable: boolean;
}

/**
 * The three decision cores of every device of a fleet: when (pacing), where (the choice of node) and how
 * (the choice of transport), joined as the agent joins them.
 */
export class DeviceCores {
	readonly stableAfterMs: number;
	private readonly pacing: PacingState[];
	private readonly nodes: NodesState[];
	private readonly selection: SelectionState[];
	private readonly randoms: DeviceRandoms;

	constructor(
		devices: number,
		seed: number,
		names: readonly string[],
		transports: readonly TransportName[],
	) {
		const options = resolvePacing({});
		this.stableAfterMs = options.stableAfterMs;
		this.randoms = new DeviceRandoms(devices, seed);
		const entries = parseNodes(names);
		const each = <T>(make: (device: number) => T) =>
			Array.from({ length: devices }, (_, device) => make(device));
		this.pacing = each(() => createPacing(options));
		this.selection = each(() => createSelection({ transports }));
		this.nodes = each((device) =>
			createNodes({ uuid: this.uuid(device), nodes: entries }),
		);
	}

	/** What the next attempt dials. */
	choose(device: number, nowMs: number, avoid?: string): Target {
		const { transport } = selectTransport(this.selection[device]!, nowMs);
		const { node, state } = chooseNode(this.nodes[device]!, {
			nowMs,
			random: this.randoms.of(device),
			avoid,
			transport,
		});
		this.nodes[device] = state;
		return { node: node!.name, transport };
	}

	/** When the device is to move to another node beside its link, and to which. */
	homeDue(device: number, current: string) {
		const due = homeDue(this.nodes[device]!, current);
		return due && { atMs: due.at, node: due.node.name };
	}

	start(device: number, nowMs: number): void {
		this.pace(device, { type: 'start' }, nowMs);
	}

	attempt(device: number, nowMs: number): void {
		this.pace(device, { type: 'attempt' }, nowMs);
	}

	up(device: number, target: Target, nowMs: number): void {
		this.pace(device, { type: 'up' }, nowMs);
		this.report(device, target.node, { type: 'up' }, nowMs);
		this.select(device, target, 'up', nowMs);
	}

	/** The link has proved stable. */
	stable(device: number, node: string, nowMs: number): void {
		this.report(device, node, { type: 'stable' }, nowMs);
	}

	hint(device: number, node: string, hint: Hint, nowMs: number): void {
		this.pace(device, { type: 'hint', hint }, nowMs);
		this.report(device, node, { type: 'hint', hint }, nowMs);
	}

	/** An attempt failed. Returns how long to wait. */
	failed(
		device: number,
		target: Target,
		ended: Outcome,
		nowMs: number,
	): number {
		this.report(device, target.node, { type: 'ended', outcome: ended }, nowMs);
		const event = { ended, lastedMs: 0, stable: false };
		this.select(device, target, event, nowMs);
		return this.mustPace(device, ended, nowMs);
	}

	/** A move to another node failed: the link is untouched, and pacing is not asked. */
	moveFailed(
		device: number,
		node: string,
		ended: Outcome,
		nowMs: number,
	): void {
		this.report(device, node, { type: 'ended', outcome: ended }, nowMs);
	}

	/** The link ended, or was told to go. Returns how long to wait. */
	lost(
		device: number,
		link: DeviceLink,
		ended: Outcome,
		nowMs: number,
	): number {
		this.report(device, link.node, { type: 'ended', outcome: ended }, nowMs);
		const lastedMs = nowMs - link.upAtMs;
		const event = { ended, lastedMs, stable: link.stable };
		this.select(device, link, event, nowMs);
		return this.mustPace(device, ended, nowMs);
	}

	/** Every device learns of another list of nodes. */
	know(names: readonly string[], nowMs: number): void {
		const entries = parseNodes(names);
		this.nodes.forEach((state, device) => {
			this.nodes[device] = withNodes(state, entries, nowMs);
		});
	}

	private uuid(device: number): string {
		const random = this.randoms.of(device);
		const word = () =>
			Math.floor(random() * 2 ** 32)
				.toString(16)
				.padStart(8, '0');
		return word() + word() + word() + word();
	}

	private report(
		device: number,
		node: string,
		event: NodeEvent,
		nowMs: number,
	): void {
		this.nodes[device] = reportNode(this.nodes[device]!, node, event, nowMs);
	}

	private select(
		device: number,
		{ node, transport }: Target,
		event: Parameters<typeof reportTransport>[1]['event'],
		nowMs: number,
	): void {
		this.selection[device] = reportTransport(
			this.selection[device]!,
			{ transport, node, event },
			{ nowMs, random: this.randoms.of(device) },
		);
	}

	private pace(
		device: number,
		event: PacingEvent,
		nowMs: number,
	): number | undefined {
		const context = { nowMs, random: this.randoms.of(device) };
		const { state, wait } = pace(this.pacing[device]!, event, context);
		this.pacing[device] = state;
		return wait?.delayMs;
	}

	private mustPace(device: number, ended: Outcome, nowMs: number): number {
		const waitMs = this.pace(device, { type: 'ended', outcome: ended }, nowMs);
		if (waitMs === undefined) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INTERNAL',
				`pacing gave no wait after ${ended.code}`,
			);
		}
		return waitMs;
	}
}
