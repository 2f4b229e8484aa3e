import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '../device/eventually.js';

export const UUID = 'a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4';
export const KEY = 'topsecretkey0123456789';

/** How the command line is started: from the sources, or as a test says. */
export const FROM_SOURCES = [
	process.execPath,
	'--import',
	'tsx',
	'src/cli/main.ts',
];

export interface Finished {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** One process of the command line, and everything that it printed. */
export class CommandProcess {
	stdout = '';
	stderr = '';
	readonly child: ChildProcess;
	readonly finished: Promise<Finished>;

	constructor(
		args: readonly string[],
		env: NodeJS.ProcessEnv = {},
		[program, ...first]: readonly string[] = FROM_SOURCES,
	) {
		this.child = spawn(program!, [...first, ...args], {
			env: { ...process.env, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		this.child.stdout!.on('data', (chunk: Buffer) => {
			this.stdout += chunk.toString();
		});
		this.child.stderr!.on('data', (chunk: Buffer) => {
			this.stderr += chunk.toString();
		});
		this.finished = new Promise((resolve, reject) => {
			this.child.on('error', reject);
			this.child.on('close', (code, signal) => {
				const { stdout, stderr } = this;
				resolve({ code, signal, stdout, stderr });
			});
		});
	}

	/** Waits until it has said something on stderr. */
	async said(text: string | RegExp): Promise<void> {
		await eventually(`${text} in:\n${this.stderr}`, () =>
			typeof text === 'string'
				? this.stderr.includes(text)
				: text.test(this.stderr),
		);
	}

	async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
		this.child.kill(signal);
		return await this.finished;
	}
}

/** Runs a command to its end. */
export async function command(
	args: readonly string[],
	env?: NodeJS.ProcessEnv,
): Promise<Finished> {
	return await new CommandProcess(args, env).finished;
}

/** A device's file system, as far as the agent needs one; removed by `remove`. */
export class DeviceFolder {
	readonly folder = mkdtempSync(join(tmpdir(), 'cloudlink-device-'));
	readonly config = this.path('config.json');
	readonly state = this.path('state.json');
	readonly health = this.path('health.sock');
	readonly control = this.path('control.sock');

	path(name: string): string {
		return join(this.folder, name);
	}

	write(name: string, text: string): void {
		writeFileSync(this.path(name), text);
	}

	writeConfig(more: object = {}): void {
		const config = { uuid: UUID, deviceApiKey: KEY, ...more };
		this.write('config.json', JSON.stringify(config));
	}

	/** What `run` needs to leave the machine's own folders alone. */
	get runArguments(): string[] {
		return [
			'run',
			'--config',
			this.config,
			'--state',
			this.state,
			'--health',
			this.health,
			'--control',
			this.control,
			'--transports',
			'websocket',
			'--insecure',
		];
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
