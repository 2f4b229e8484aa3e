import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PathSetting {
	/** One way. */
	readonly delayMs: number;
	/** Of each direction, from 0 to 1. */
	readonly loss: number;
	readonly bytesPerMs: number;
	readonly queueMs: number;
}

const run = (program: string, ...args: string[]) => {
	execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/**
 * A path between two network namespaces that it makes and removes. A user-space relay of TUN devices, since
 * netem is not in every kernel; it carries TCP and UDP alike.
 */
export class EmulatedPath {
	readonly device = `cl-bench-a-${process.pid}`;
	readonly node = `cl-bench-b-${process.pid}`;
	readonly nodeAddress = '10.77.0.2';
	private relay: ChildProcess | undefined;
	private lines: Interface | undefined;

	/** Rejects where there is no root, no TUN or no Python. */
	static async open(): Promise<EmulatedPath> {
		const path = new EmulatedPath();
		try {
			run('ip', 'netns', 'add', path.device);
			run('ip', 'netns', 'add', path.node);
			const script = fileURLToPath(new URL('relay.py', import.meta.url));
			const relay = spawn('python3', [script, path.device, path.node], {
				stdio: ['pipe', 'pipe', 'inherit'],
			});
			path.relay = relay;
			path.lines = createInterface(relay.stdout);
			await Promise.race([
				once(path.lines, 'line'),
				once(relay, 'exit').then(() => {
					throw new Error('The relay ended.');
				}),
			]);
			return path;
		} catch (error) {
			await path.close();
			throw error;
		}
	}

	async set(setting: PathSetting): Promise<void> {
		const answered = once(this.lines!, 'line');
		this.relay!.stdin!.write(`${JSON.stringify(setting)}\n`);
		await answered;
	}

	/** Of the connections that both namespaces make from now on. */
	useTcp(control: string): boolean {
		try {
			for (const namespace of [this.device, this.node]) {
				run(
					'ip',
					'netns',
					'exec',
					namespace,
					'sysctl',
					'-qw',
					`net.ipv4.tcp_congestion_control=${control}`,
				);
			}
			return true;
		} catch {
			return false;
		}
	}

	async close(): Promise<void> {
		if (this.relay?.exitCode === null) {
			const exited = once(this.relay, 'exit');
			this.relay.stdin!.end();
			await exited;
		}
		for (const namespace of [this.device, this.node]) {
			try {
				run('ip', 'netns', 'delete', namespace);
			} catch {
				// It was never made.
			}
		}
	}
}
