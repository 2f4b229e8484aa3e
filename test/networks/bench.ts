import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentOptions } from '../../src/index.js';
import type { Carrier, DeviceMethods, Told } from './device.js';
import { CLOUD, Lab, OPENVPN_PEER } from './lab.js';
import type { RemoteProcess } from './process.js';

/** One device with one agent, and what it told. */
export class Bench {
	readonly lab: Lab;
	readonly device: RemoteProcess<DeviceMethods>;
	readonly carrier: Carrier;
	/** What it dials. */
	readonly node: string;
	readonly ca: string;
	/** A service of the device that says one byte. */
	readonly port: number;
	/** One that says three million. */
	readonly bigPort: number;
	readonly told: Told[] = [];

	static async start(carrier: Carrier): Promise<Bench> {
		const lab = await Lab.start();
		const device = await lab.addDevice();
		const openvpn = /^(?:openvpn|attached)-(tcp|udp)$/.exec(carrier);
		const node = openvpn
			? await lab.cloudProcess.call('startOpenvpn', openvpn[1] as 'tcp' | 'udp')
			: { ca: lab.ca, port: lab.port };
		const port = await device.call('source', 1);
		const bigPort = await device.call('source', 3_000_000);
		return new Bench(lab, device, carrier, node, port, bigPort);
	}

	private constructor(
		lab: Lab,
		device: RemoteProcess<DeviceMethods>,
		carrier: Carrier,
		node: { ca: string; port: number },
		port: number,
		bigPort: number,
	) {
		this.lab = lab;
		this.device = device;
		this.carrier = carrier;
		this.ca = node.ca;
		this.node = `${CLOUD}:${node.port}`;
		this.port = port;
		this.bigPort = bigPort;
	}

	async startAgent(
		nodes = [this.node],
		options: Partial<AgentOptions> = {},
		carriers: Carrier[] = [this.carrier],
	): Promise<void> {
		await this.device.call('startAgent', {
			carriers,
			nodes,
			ca: this.ca,
			watch: true,
			options,
		});
	}

	/** An agent with a link that is stable. */
	async startLink(options: Partial<AgentOptions> = {}): Promise<void> {
		await this.startAgent([this.node], options);
		await this.until('up', 30_000);
		await sleep(3000);
	}

	async hear(): Promise<Told[]> {
		const fresh = await this.device.call('told');
		this.told.push(...fresh);
		return fresh;
	}

	/** How often the agent has told of an event. */
	async count(event: string): Promise<number> {
		await this.hear();
		return this.told.filter((one) => one.event === event).length;
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

	async #isServed(): Promise<boolean> {
		if (this.carrier !== 'websocket' && this.carrier !== 'udp') {
			return await this.device.call('reaches', OPENVPN_PEER);
		}
		const probe = { port: this.port, withinMs: 1000 };
		return (await this.lab.cloudProcess.call('probe', probe)) !== null;
	}

	/** Seconds from now until the cloud can reach the device's service again, twice in a row. */
	async untilServed(withinMs: number): Promise<number> {
		const startMs = Date.now();
		let firstMs: number | undefined;
		while (Date.now() - startMs < withinMs) {
			const atMs = Date.now();
			if (!(await this.#isServed())) {
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
		// Else what runs openvpn would leave it behind.
		await this.device.call('stopAgent').catch(() => undefined);
		await this.lab.stop();
	}
}
