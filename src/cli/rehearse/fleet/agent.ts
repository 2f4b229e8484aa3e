import { CloudlinkAgent } from '../../../agent/cloudlink-agent.js';
import type { PresetName } from '../../../pacing/index.js';
import type { Device } from '../keys.js';
import type { Client, ClientListener } from './client.js';
import { cuttable, type CuttableTransport } from './cuttable.js';
import { makeCarriage, type Carriage } from './transports.js';

export interface AgentClientOptions extends Carriage {
	readonly nodes: readonly string[];
	readonly pacing?: PresetName;
}

/** A real agent, with everything at its default. Its websocket links are cut by {@link DialledSockets}. */
export class AgentClient implements Client {
	readonly #agent: CloudlinkAgent;
	readonly #cuttable: readonly CuttableTransport[];

	constructor(
		client: number,
		device: Device,
		options: AgentClientOptions,
		listener: ClientListener,
	) {
		const all = makeCarriage(options).map((transport) => ({
			transport,
			cuttable:
				transport.name === 'websocket' ? undefined : cuttable(transport),
		}));
		this.#cuttable = all.flatMap((one) => one.cuttable ?? []);
		const agent = new CloudlinkAgent({
			device,
			nodes: options.nodes,
			transports: all.map((one) => one.cuttable ?? one.transport),
			...(options.pacing ? { pacing: { preset: options.pacing } } : {}),
		});
		this.#agent = agent;
		agent.on('attempt', () => {
			listener.attempt(client);
		});
		agent.on('failed', ({ outcome }) => {
			listener.failed(client, outcome.code);
		});
		agent.on('up', () => {
			listener.up(client);
		});
		agent.on('down', () => {
			// Where a successor takes its place the device is never without a link.
			queueMicrotask(() => {
				if (agent.link === undefined) {
					listener.down(client);
				}
			});
		});
	}

	async start(): Promise<void> {
		await this.#agent.start();
	}

	cut(): void {
		for (const transport of this.#cuttable) {
			transport.cut();
		}
	}

	async stop(): Promise<void> {
		await this.#agent.stop({ graceMs: 0 });
	}
}
