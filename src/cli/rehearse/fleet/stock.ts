import { systemClock, type Timer } from '../../../runtime/index.js';
import { OpenvpnProcess } from '../../../transports/openvpn/child.js';
import type { Client, ClientListener } from './client.js';

/** After so long systemd starts balenaOS's openvpn again, whatever it ended of. */
const RESTART_MS = 10_000;

const ATTEMPT = 'Attempting to establish TCP connection';
const UP = 'Initialization Sequence Completed';
const DOWN = /SIG(USR1|HUP|TERM)\[/;

export interface StockClientOptions {
	readonly binary?: string;
	readonly configuration: string;
}

/** A stock openvpn client, which paces itself, started again by us as systemd would. */
export class StockClient implements Client {
	readonly #client: number;
	readonly #options: StockClientOptions;
	readonly #listener: ClientListener;
	#process: OpenvpnProcess | undefined;
	#restart: Timer | undefined;
	#isUp = false;
	#stopped = false;

	constructor(
		client: number,
		options: StockClientOptions,
		listener: ClientListener,
	) {
		this.#client = client;
		this.#options = options;
		this.#listener = listener;
	}

	start(): Promise<void> {
		this.#run();
		return Promise.resolve();
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#restart?.cancel();
		this.#process?.terminate();
		await this.#process?.ended;
	}

	/** Nothing else ends it when this process is ended by force. */
	kill(): void {
		const pid = this.#process?.pid;
		if (pid !== undefined) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It has gone by itself.
			}
		}
	}

	#run(): void {
		const { binary = 'openvpn', configuration } = this.#options;
		const child = new OpenvpnProcess({
			binary,
			configuration,
			clock: systemClock,
			clean: (line) => {
				this.#read(line);
				return line;
			},
		});
		this.#process = child;
		void child.ended.then(() => {
			this.#down();
			if (!this.#stopped) {
				this.#restart = systemClock.setTimer(RESTART_MS, () => {
					this.#run();
				});
			}
		});
	}

	#read(line: string): void {
		if (line.includes(ATTEMPT)) {
			this.#listener.attempt(this.#client);
		} else if (line.includes(UP)) {
			this.#isUp = true;
			this.#listener.up(this.#client);
		} else if (DOWN.test(line)) {
			if (!this.#isUp) {
				this.#listener.failed(this.#client, 'stock-openvpn');
			}
			this.#down();
		}
	}

	#down(): void {
		if (this.#isUp) {
			this.#isUp = false;
			this.#listener.down(this.#client);
		}
	}
}
