import type { Hint } from '../../../src/hint.js';
import {
	chooseNode,
	createNodes,
	nodeFailbackDue,
	parseNodes,
	reportNode,
	withNodes,
	type NodesState,
} from '../../../src/nodes/index.js';
import { outcome } from '../../../src/outcome.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

/** The seed of the random tests; `SEED=... npx mocha FILE` replays a failure. */
export const seed = process.env['SEED'] ?? '1';
export const replay = `replay with SEED=${seed}`;

/** `FIGURES=1 npx mocha FILE` prints what was measured. */
export function show(figures: string): void {
	if (process.env['FIGURES'] !== undefined) {
		console.log(`      ${figures}`);
	}
}

export const refused = outcome('connect-refused', 'Refused.');
export const lost = outcome('link-reset', 'Reset.');
export const drained = outcome('goaway', 'Drained.');

export const names = (count: number, prefix = 'node') =>
	Array.from({ length: count }, (_, i) => `${prefix}${i}.example.com:443`);

/** Ids as devices have them: 32 hexadecimal digits. */
export function uuids(count: number): string[] {
	const random = seededRandom(`uuids/${seed}`);
	const word = () =>
		Math.floor(random() * 2 ** 32)
			.toString(16)
			.padStart(8, '0');
	return Array.from({ length: count }, () => word() + word() + word() + word());
}

/** Devices that run the real choice of node, against nodes that are up or down. Nothing is paced here. */
export class Fleet {
	readonly devices: NodesState[];
	/** Where each device has its link. */
	readonly at: string[];
	readonly down = new Set<string>();
	nowMs = 0;
	attempts = 0;
	readonly #random = seededRandom(`fleet/${seed}`);

	constructor(count: number, nodes: readonly string[]) {
		const entries = parseNodes(nodes);
		this.devices = uuids(count).map((uuid) =>
			createNodes({ uuid, nodes: entries }),
		);
		this.at = this.devices.map(() => '');
	}

	/** Every device makes a link, each second one attempt for those that have none. */
	connect(which: (index: number) => boolean = () => true): void {
		const waiting = [...this.devices.keys()].filter(which);
		for (const index of waiting) {
			for (let tries = 0; ; tries++) {
				if (tries === 100) {
					throw new Error(`A device found no node. ${replay}`);
				}
				this.attempts++;
				if (this.attempt(index, this.nowMs + tries * 1000)) {
					break;
				}
			}
		}
	}

	attempt(index: number, nowMs: number): boolean {
		const { node, state } = chooseNode(this.devices[index]!, {
			nowMs,
			random: this.#random,
		});
		this.devices[index] = state;
		return this.#dial(index, node!.name, nowMs);
	}

	/** Lets time pass until every device is on its preferred node, and gives the moments at which they moved. */
	failBack(): number[] {
		const moments: number[] = [];
		this.devices.forEach((state, index) => {
			const due = nodeFailbackDue(state, this.at[index]!);
			if (due !== undefined) {
				const atMs = Math.max(due.at, this.nowMs);
				moments.push(atMs);
				this.#dial(index, due.node.name, atMs);
			}
		});
		this.nowMs = moments.reduce((a, b) => Math.max(a, b), this.nowMs);
		return moments.sort((a, b) => a - b);
	}

	#dial(index: number, name: string, nowMs: number): boolean {
		const state = this.devices[index]!;
		if (this.down.has(name)) {
			this.devices[index] = reportNode(
				state,
				name,
				{ type: 'ended', outcome: refused },
				nowMs,
			);
			return false;
		}
		const up = reportNode(state, name, { type: 'up' }, nowMs);
		this.devices[index] = reportNode(up, name, { type: 'stable' }, nowMs);
		this.at[index] = name;
		return true;
	}

	/** The address that each device tries first. */
	firstAddresses(): string[] {
		return this.devices.map((state) => {
			const context = { nowMs: this.nowMs, random: this.#random };
			return chooseNode(state, context).node!.addresses![0]!;
		});
	}

	/** Every device gets a new list of nodes, as after a change of configuration, and is told a hint by its node. */
	know(nodes: readonly string[], hint: Hint): void {
		const entries = parseNodes(nodes);
		this.devices.forEach((state, index) => {
			const event = { type: 'hint' as const, hint };
			const told = reportNode(state, this.at[index]!, event, this.nowMs);
			this.devices[index] = withNodes(told, entries, this.nowMs);
		});
	}

	/** All links of a node end. Returns the devices that had them. */
	cut(name: string, how = lost): Set<number> {
		const cut = new Set<number>();
		this.at.forEach((at, index) => {
			if (at === name) {
				cut.add(index);
				this.devices[index] = reportNode(
					this.devices[index]!,
					name,
					{ type: 'ended', outcome: how },
					this.nowMs,
				);
			}
		});
		return cut;
	}

	counts(of: Iterable<number> = this.at.keys()): Map<string, number> {
		const counts = new Map<string, number>();
		for (const index of of) {
			const name = this.at[index]!;
			counts.set(name, (counts.get(name) ?? 0) + 1);
		}
		return counts;
	}
}

/** The greatest number over the mean, where `nodes` could have had some. */
export function spread(counts: Map<string, number>, nodes: number): number {
	const sum = [...counts.values()].reduce((a, b) => a + b, 0);
	return Math.max(...counts.values()) / (sum / nodes);
}
