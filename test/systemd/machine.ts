import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';

import { eventually } from '../integration/device/eventually.js';

let count = 0;

/** A booted systemd in a container, with a network of its own. */
export class Machine {
	readonly #nspawn: ChildProcess;
	readonly #name: string;

	private constructor(nspawn: ChildProcess, name: string) {
		this.#nspawn = nspawn;
		this.#name = name;
	}

	/** The container's init, as this machine numbers it. While it is made, another child of nspawn's stands there. */
	get #leader(): string {
		return spawnSync('pgrep', ['--parent', `${this.#nspawn.pid}`], {
			encoding: 'utf8',
		}).stdout.trim();
	}

	/** Boots from a root; its units are up to multi-user.target when this resolves. */
	static async boot(root: string, ...flags: string[]): Promise<Machine> {
		const name = `cloudlink-${process.pid}-${++count}`;
		const nspawn = spawn(
			'systemd-nspawn',
			[
				'--quiet',
				'--boot',
				'--register=no',
				'--keep-unit',
				'--private-network',
				'--console=pipe',
				'--capability=CAP_NET_ADMIN',
				`--machine=${name}`,
				`--directory=${root}`,
				`--bind-ro=${process.execPath}:/usr/bin/node`,
				`--bind-ro=${process.cwd()}:/opt/cloudlink`,
				...flags,
			],
			{ stdio: 'ignore' },
		);
		const machine = new Machine(nspawn, name);
		try {
			await eventually(
				'the end of the boot',
				() =>
					/running|degraded/.test(
						machine.try('systemctl', 'is-system-running').stdout,
					),
				{ withinMs: 60_000 },
			);
		} catch (error) {
			console.error(machine.try('systemctl', 'list-jobs').stdout);
			machine.kill();
			throw error;
		}
		return machine;
	}

	/** Runs a program in it. */
	try(...command: string[]): {
		status: number | null;
		stdout: string;
		stderr: string;
	} {
		return spawnSync(
			'nsenter',
			[
				...['--target', this.#leader],
				...['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'],
				'--',
				...command,
			],
			{
				encoding: 'utf8',
				timeout: 60_000,
				env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
			},
		);
	}

	/** As {@link Machine.try}, and throws where it fails; gives what it printed. */
	run(...command: string[]): string {
		const { status, stdout, stderr } = this.try(...command);
		if (status !== 0) {
			throw new Error(`${command.join(' ')}: ${status} ${stderr}`);
		}
		return stdout.trim();
	}

	/** A line for busybox's or dash's shell. */
	sh(line: string): string {
		return this.run('/bin/sh', '-c', line);
	}

	/** A property of a unit. */
	show(unit: string, property: string): string {
		return this.run(
			'systemctl',
			'show',
			'--value',
			'--property',
			property,
			unit,
		);
	}

	pid(unit: string): number {
		return Number(this.show(unit, 'MainPID'));
	}

	has(path: string): boolean {
		return this.try('test', '-e', path).status === 0;
	}

	/** What a unit has logged, as journald has it. */
	journal(unit: string, ...flags: string[]): string {
		return this.run(
			'journalctl',
			'--no-pager',
			'--quiet',
			'--unit',
			unit,
			...flags,
		);
	}

	/** A drop-in for this boot. */
	tune(unit: string, text: string): void {
		this.sh(
			`mkdir -p /run/systemd/system/${unit}.d && printf '${text}' >/run/systemd/system/${unit}.d/test.conf`,
		);
		this.run('systemctl', 'daemon-reload');
	}

	untune(unit: string): void {
		this.sh(`rm -rf /run/systemd/system/${unit}.d`);
		this.run('systemctl', 'daemon-reload');
	}

	async powerOff(): Promise<number> {
		const startedMs = performance.now();
		const over = once(this.#nspawn, 'exit');
		this.try('systemctl', 'poweroff');
		await over;
		this.#sweep();
		return performance.now() - startedMs;
	}

	kill(): void {
		spawnSync('kill', ['-KILL', this.#leader]);
		this.#nspawn.kill('SIGKILL');
		this.#sweep();
	}

	/** What nspawn leaves on a machine whose /run is no tmpfs. */
	#sweep(): void {
		rmSync(`/run/systemd/nspawn/propagate/${this.#name}`, {
			recursive: true,
			force: true,
		});
	}
}

/** Skips a suite, with a word, where no machine can be booted. Call it in `before`. */
export function bootable(context: Mocha.Context): void {
	const programs = ['systemd-nspawn', 'mmdebstrap', 'nsenter', 'pgrep'];
	const missing = programs.find(
		(program) => spawnSync(program, ['--version']).error !== undefined,
	);
	if (process.getuid?.() === 0 && missing === undefined) {
		return;
	}
	console.log(`      skipped: needs root and ${programs.join(', ')}`);
	context.skip();
}

/** What systemd-analyze says of a unit, from 0 (nothing can be done to it) to 10. */
export function exposure(machine: Machine, unit: string): number {
	const said = machine.run('systemd-analyze', 'security', '--no-pager', unit);
	const [, level] = /exposure level for .*: ([\d.]+)/.exec(said) ?? [];
	console.log(`      systemd-analyze security ${unit}: ${level}`);
	return Number(level);
}
