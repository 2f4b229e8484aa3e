/**
 * What the agent does on networks as devices really have them: `npm run test:networks` (root; Linux with namespaces).
 * One row for an event, one lab for a row and a carrier; prints the table of docs/networks.md with its targets, and exits
 * with 1 if one is missed. `npm run test:networks -- TEXT` runs the rows whose name has the text.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Carrier, DeviceMethods, Told } from './device.js';
import { Lab } from './lab.js';
import type { RemoteProcess } from './process.js';
import { ROWS } from './rows.js';

/** Several labs at a time: most of a row is waiting. */
const AT_ONCE = 4;

/** One device with one agent, and what it told. */
export class Bench {
	readonly lab: Lab;
	readonly device: RemoteProcess<DeviceMethods>;
	readonly carrier: Carrier;
	/** A service of the device that says one byte. */
	readonly port: number;
	readonly told: Told[] = [];

	static async start(carrier: Carrier): Promise<Bench> {
		const lab = await Lab.start();
		const device = await lab.addDevice();
		const port = await device.call('source', 1);
		return new Bench(lab, device, carrier, port);
	}

	private constructor(
		lab: Lab,
		device: RemoteProcess<DeviceMethods>,
		carrier: Carrier,
		port: number,
	) {
		this.lab = lab;
		this.device = device;
		this.carrier = carrier;
		this.port = port;
	}

	async startAgent(nodes = [this.lab.node]): Promise<void> {
		await this.device.call('startAgent', {
			carriers: [this.carrier],
			nodes,
			ca: this.lab.ca,
			watch: true,
		});
	}

	/** An agent with a link that is stable. */
	async startLink(): Promise<void> {
		await this.startAgent();
		await this.until('up', 30_000);
		await sleep(3000);
	}

	async hear(): Promise<Told[]> {
		const fresh = await this.device.call('told');
		this.told.push(...fresh);
		return fresh;
	}

	has(event: string): boolean {
		return this.told.some((one) => one.event === event);
	}

	/** Seconds until the agent tells of an event, counted from the call. */
	async until(event: string, withinMs: number): Promise<number> {
		const startMs = Date.now();
		while (Date.now() - startMs < withinMs) {
			const found = (await this.hear()).find((one) => one.event === event);
			if (found) {
				return (found.atMs - startMs) / 1000;
			}
			await sleep(100);
		}
		throw new Error(`no ${event} within ${withinMs / 1000} s`);
	}

	/** Seconds from now until the cloud can reach the device's service again, twice in a row. */
	async untilServed(withinMs: number): Promise<number> {
		const startMs = Date.now();
		let firstMs: number | undefined;
		while (Date.now() - startMs < withinMs) {
			const atMs = Date.now();
			const probe = { port: this.port, withinMs: 1000 };
			if ((await this.lab.cloudProcess.call('probe', probe)) === null) {
				firstMs = undefined;
			} else if (firstMs !== undefined && atMs - firstMs > 1000) {
				await this.hear();
				return (firstMs - startMs) / 1000;
			} else {
				firstMs ??= atMs;
			}
			await sleep(300);
		}
		throw new Error(`not served within ${withinMs / 1000} s`);
	}

	async stop(): Promise<void> {
		await this.lab.stop();
	}
}

export interface Row {
	readonly event: string;
	readonly carriers: readonly Carrier[];
	/** What the number is. */
	readonly unit: string;
	/** At most this. */
	readonly target: number;
	measure(bench: Bench): Promise<number>;
}

interface Cell {
	readonly row: Row;
	readonly carrier: Carrier;
	readonly seen: string;
	readonly met: boolean;
}

/** What the agent told, a line for an event. */
function timeline(bench: Bench | undefined): string {
	const lines = bench?.told.map(
		({ atMs, event, detail }) =>
			`\n    ${new Date(atMs).toISOString().slice(14, 23)} ${event} ${detail}`,
	);
	return lines?.join('') ?? '';
}

async function measure(row: Row, carrier: Carrier): Promise<Cell> {
	let bench: Bench | undefined;
	try {
		bench = await Bench.start(carrier);
		const value = await row.measure(bench);
		const seen = `${value.toFixed(value < 10 ? 1 : 0)} ${row.unit}`;
		const met = value <= row.target;
		if (!met) {
			console.error(`${row.event}, ${carrier}: ${seen}${timeline(bench)}`);
		}
		return { row, carrier, seen, met };
	} catch (error) {
		console.error(
			`${row.event}, ${carrier}: ${String(error)}${timeline(bench)}`,
		);
		return {
			row,
			carrier,
			seen: error instanceof Error ? error.message.split('\n')[0]! : '?',
			met: false,
		};
	} finally {
		await bench?.stop();
	}
}

async function main(): Promise<void> {
	if (process.getuid?.() !== 0) {
		throw new Error('This needs root: it makes network namespaces.');
	}
	const wanted = process.argv[2] ?? '';
	const queue = ROWS.filter(({ event }) => event.includes(wanted)).flatMap(
		(row) => row.carriers.map((carrier) => ({ row, carrier })),
	);
	const cells: Cell[] = [];
	const worker = async () => {
		for (let next = queue.shift(); next; next = queue.shift()) {
			const cell = await measure(next.row, next.carrier);
			cells.push(cell);
			console.error(
				`${cell.met ? 'met   ' : 'MISSED'} ${cell.row.event}, ${cell.carrier}: ${cell.seen}`,
			);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	console.log('| event | carrier | seen | target |\n| --- | --- | --- | --- |');
	for (const row of ROWS) {
		for (const { carrier, seen, met } of cells.filter(
			(cell) => cell.row === row,
		)) {
			console.log(
				`| ${row.event} | ${carrier} | ${seen} | ${met ? '' : '**MISSED** '}at most ${row.target} ${row.unit} |`,
			);
		}
	}
	process.exitCode = cells.every(({ met }) => met) ? 0 : 1;
}

if (import.meta.url === `file://${process.argv[1]}`) {
	await main();
}
