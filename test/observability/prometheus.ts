import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const EXAMPLES = 'examples/observability';

export function isInstalled(program: string): boolean {
	try {
		execFileSync('which', [program], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

export interface Sample {
	readonly metric: Readonly<Record<string, string>>;
	readonly value: readonly [number, string];
}

/** A real Prometheus on loopback with the example's own configuration, read every second. */
export class Prometheus {
	readonly #process: ChildProcess;
	readonly #folder: string;
	readonly #address: string;

	private constructor(process: ChildProcess, folder: string, address: string) {
		this.#process = process;
		this.#folder = folder;
		this.#address = address;
	}

	/** @param targets where each device serves its metrics, and the path there */
	static async start(
		targets: ReadonlyArray<{ address: string; path: string; device: string }>,
	): Promise<Prometheus> {
		const folder = mkdtempSync(join(tmpdir(), 'cloudlink-prometheus-'));
		cpSync(EXAMPLES, folder, { recursive: true });
		const config = join(folder, 'prometheus.yml');
		execFileSync('sed', ['-i', 's/_interval: 30s/_interval: 1s/', config]);
		writeFileSync(
			join(folder, 'devices.json'),
			JSON.stringify(
				targets.map(({ address: at, path, device }) => ({
					targets: [at],
					labels: { __metrics_path__: path, instance: device },
				})),
			),
		);
		const address = `127.0.0.1:${await freePort()}`;
		const child = spawn(
			'prometheus',
			[
				`--config.file=${config}`,
				`--storage.tsdb.path=${join(folder, 'data')}`,
				`--web.listen-address=${address}`,
			],
			{ stdio: 'ignore' },
		);
		const server = new Prometheus(child, folder, address);
		for (let tries = 0; !(await server.#isReady()); tries++) {
			if (tries > 200 || child.exitCode !== null) {
				throw new Error('Prometheus did not start.');
			}
			await pause(100);
		}
		return server;
	}

	async #isReady(): Promise<boolean> {
		return await fetch(`http://${this.#address}/-/ready`).then(
			({ ok }) => ok,
			() => false,
		);
	}

	/** Throws with what Prometheus says of a query that it does not take. */
	async query(query: string): Promise<Sample[]> {
		const { status, error, data } = (await this.get(
			`query?query=${encodeURIComponent(query)}`,
		)) as { status: string; error?: string; data: { result: Sample[] } };
		if (status !== 'success') {
			throw new Error(`${query}: ${error}`);
		}
		return data.result;
	}

	async get(path: string): Promise<unknown> {
		const response = await fetch(`http://${this.#address}/api/v1/${path}`);
		return await response.json();
	}

	async stop(): Promise<void> {
		const gone = new Promise((resolve) => {
			this.#process.once('exit', resolve);
		});
		this.#process.kill('SIGTERM');
		await gone;
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
