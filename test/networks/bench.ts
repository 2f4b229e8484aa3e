import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentOptions } from '../../src/index.js';
import type { Carrier, DeviceMethods, Told } from './device.js';
import { Lab } from './lab.js';
import type { RemoteProcess } from './process.js';

/** One device with one agent, and what it told. */
export class Bench {
	readonly lab: Lab;
	readonly device: RemoteProcess<DeviceMethods>;
	readonly carrier: Carrier;
	/** A service of the device that says one byte. */
	readonly port: number;
	/** One that says three million. */
	readonly bigPort: number;
	readonly told: Told[] = [];

	static async start(carrier: Carrier): Promise<Bench> {
		const lab = await Lab.start();
		const device = await lab.addDevice();
		const port = await device.call('source', 1);
		const bigPort = await device.call('source', 3_000_000);
		return new Bench(lab, device, carrier, port, bigPort);
	}

	private constructor(
		lab: Lab,
		device: RemoteProcess<DeviceMethods>,
		carrier: Carrier,
		port: number,
		bigPort: number,
	) {
		this.lab = lab;
		this.device = device;
		this.carrier = carrier;
		this.port = port;
		this.bigPort = bigPort;
	}

	async startAgent(
		nodes = [this.lab.node],
		options: Partial<AgentOptions> = {},
		carriers: Carrier[] = [this.carrier],
	): Promise<void> {
		await this.device.call('startAgent', {
			carriers,
			nodes,
			ca: this.lab.ca,
			watch: true,
			options,
		});
	}

	/** An agent with a link that is stable. */
	async startLink(options: Partial<AgentOptions> = {}): Promise<void> {
		await this.startAgent([this.lab.node], options);
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
