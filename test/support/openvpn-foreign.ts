import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '../../src/runtime/index.js';
import { OpenvpnProcess } from '../../src/transports/openvpn/child.js';
import { until } from './until.js';

const running = new Set<ForeignOpenvpn>();

/** An openvpn client that is not ours, started as the drop-in starts it: with a socket, and in hold. */
export class ForeignOpenvpn {
	private readonly directory = mkdtempSync(join(tmpdir(), 'foreign-'));
	readonly socket = join(this.directory, 'management.sock');
	process!: OpenvpnProcess;

	constructor(
		private readonly configuration: readonly string[],
		private readonly binary = 'openvpn',
		private readonly clean = (line: string) => line,
	) {
		running.add(this);
		this.start();
	}

	/** Starts it again, as systemd would. */
	start(): void {
		this.process = new OpenvpnProcess({
			binary: this.binary,
			configuration: [
				...this.configuration,
				`management ${this.socket} unix`,
				'management-client-user root',
				'management-hold',
				'verb 3',
				'',
			].join('\n'),
			clock: systemClock,
			clean: this.clean,
		});
	}

	get isAlive(): boolean {
		try {
			process.kill(this.process.pid!, 0);
			return true;
		} catch {
			return false;
		}
	}

	/** Waits until one of its last log lines fits. */
	async hasLogged(pattern: RegExp): Promise<void> {
		await until(() => this.process.output.some((line) => pattern.test(line)));
	}

	/** Takes the seat at its socket, as another manager, for as long as commands of one line are answered. */
	async ask(...commands: string[]): Promise<string> {
		return await new Promise((resolve, reject) => {
			const socket = connect(this.socket);
			let said = '';
			socket.on('error', reject);
			socket.on('data', (chunk) => {
				said += chunk.toString();
				const answers = said.match(/^(?:SUCCESS|ERROR):.*$/gm) ?? [];
				if (answers.length >= commands.length) {
					socket.end();
				}
			});
			socket.on('close', () => {
				resolve(said);
			});
			socket.write([...commands, ''].join('\n'));
		});
	}

	async stop(): Promise<void> {
		running.delete(this);
		this.process.terminate();
		await this.process.ended;
		rmSync(this.directory, { recursive: true, force: true });
	}
}

/** The flags that the drop-in's helper gives an openvpn that an agent is attached to. */
export function holdFlags(): string[] {
	const helper = readFileSync(
		new URL('../../examples/openvpn-dropin/helper.sh', import.meta.url),
		'utf8',
	);
	const flags = /^HOLD='(.*)'$/m.exec(helper)![1]!;
	return flags.split(/ ?--/).filter((flag) => flag !== '');
}

/** Ends what a failed test has left. */
export async function stopForeign(): Promise<void> {
	await Promise.all([...running].map((one) => one.stop()));
}
