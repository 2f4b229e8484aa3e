import {
	chmodSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseNodes } from '../../../nodes/index.js';
import { systemClock, wait } from '../../../runtime/index.js';
import type { RehearsalOptions } from '../options.js';
import { AgentClient } from './agent.js';
import type { Client, ClientListener } from './client.js';
import { TcpRelay } from './relay.js';
import { DialledSockets } from './sockets.js';
import { StockClient } from './stock.js';
import { stockConfig } from './stock-config.js';

/** All clients of one process, and what cuts them. */
export class RehearsedFleet {
	readonly #clients: readonly Client[];
	readonly #sockets: DialledSockets;
	readonly #stock: StockBench | undefined;

	private constructor(
		clients: readonly Client[],
		sockets: DialledSockets,
		stock: StockBench | undefined,
	) {
		this.#clients = clients;
		this.#sockets = sockets;
		this.#stock = stock;
	}

	/** Makes the clients: first the agents, then the stock clients. None of them runs yet. */
	static async make(
		options: RehearsalOptions,
		listener: ClientListener,
	): Promise<RehearsedFleet> {
		const sockets = new DialledSockets();
		const agents = options.agents.map(
			(device, i) => new AgentClient(i, device, options, listener),
		);
		const stock =
			options.stock.length > 0 ? await StockBench.open(options) : undefined;
		const clients = options.stock.map((device, i) =>
			stock!.client(agents.length + i, device, listener),
		);
		return new RehearsedFleet([...agents, ...clients], sockets, stock);
	}

	/** Starts one after the other. @param onStarted is told how many have been */
	async start(
		perSecond: number,
		signal: AbortSignal,
		onStarted: (count: number) => void,
	): Promise<void> {
		const startMs = systemClock.monotonicMs();
		for (const [i, client] of this.#clients.entries()) {
			const dueMs = startMs + (i * 1000) / perSecond;
			const leftMs = dueMs - systemClock.monotonicMs();
			if (leftMs > 0) {
				await wait(systemClock, leftMs, signal);
			}
			signal.throwIfAborted();
			await client.start();
			onStarted(i + 1);
		}
	}

	/** Cuts every link at once. */
	cut(): void {
		this.#stock?.cut();
		this.#sockets.resetAll();
		for (const client of this.#clients) {
			client.cut?.();
		}
	}

	async stop(): Promise<void> {
		await Promise.all(this.#clients.map((client) => client.stop()));
		this.#sockets.release();
		this.#stock?.close();
	}
}

/** What stock clients need: their credentials in files of ours alone, and a relay that can be cut. */
class StockBench {
	readonly #folder = mkdtempSync(join(tmpdir(), 'cloudlink-rehearse-'));
	readonly #clients: StockClient[] = [];

	readonly #options: RehearsalOptions;
	readonly #target: { readonly host: string; readonly port: number };
	readonly #relay: TcpRelay | undefined;

	private constructor(
		options: RehearsalOptions,
		{ host, port }: { readonly host: string; readonly port: number },
		relay?: TcpRelay,
	) {
		this.#options = options;
		this.#target = { host, port };
		this.#relay = relay;
		chmodSync(this.#folder, 0o700);
		process.once('exit', this.#killAll);
	}

	/** All of them dial the first node: stock openvpn has one `remote`. A command finds them on the direct way. */
	static async open(options: RehearsalOptions): Promise<StockBench> {
		const node = parseNodes(options.nodes)[0]!;
		if (options.cut !== 'front') {
			return new StockBench(options, node);
		}
		const relay = new TcpRelay(node);
		const port = await relay.listen();
		return new StockBench(options, { host: '127.0.0.1', port }, relay);
	}

	client(
		index: number,
		device: RehearsalOptions['stock'][number],
		listener: ClientListener,
	): StockClient {
		const { openvpnConfig, ca, openvpnBinary } = this.#options;
		const credentials = join(this.#folder, String(index));
		writeFileSync(credentials, `${device.uuid}\n${device.key}\n`, {
			mode: 0o600,
		});
		const client = new StockClient(
			index,
			{
				binary: openvpnBinary,
				configuration: stockConfig({
					...this.#target,
					credentials,
					ca,
					...(openvpnConfig === undefined
						? {}
						: { config: readFileSync(openvpnConfig, 'utf8') }),
				}),
			},
			listener,
		);
		this.#clients.push(client);
		return client;
	}

	cut(): void {
		this.#relay?.resetAll();
	}

	close(): void {
		process.off('exit', this.#killAll);
		this.#relay?.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	/** Nothing else ends them, or removes their credentials, when this process is ended by force. */
	readonly #killAll = () => {
		for (const client of this.#clients) {
			client.kill();
		}
		rmSync(this.#folder, { recursive: true, force: true });
	};
}
