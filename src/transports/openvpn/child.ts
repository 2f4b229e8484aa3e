import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

import { childEnvironment } from '../../environment.js';
import type { Clock, Timer } from '../../runtime/index.js';

import { processMark } from './leftovers.js';
import { LineSplitter } from './line-splitter.js';

/** How long openvpn may take to end in order (down script, notice to the node) before it is killed. */
const KILL_AFTER_MS = 5000;

/** How many of its own lines are kept, for the case that it never gets to its management interface. */
const LINES_KEPT = 20;

/** What it wrote last may come after its exit; a process that it left behind may hold the pipe for ever. */
const LAST_WORDS_MS = 250;

/** How a process ended: with its last lines, or because it could not be run at all. */
export interface ProcessEnd {
	readonly output: readonly string[];
	readonly spawnError?: NodeJS.ErrnoException;
}

export interface ProcessOptions {
	readonly binary: string;
	/** Given on standard input, so that it is in no file and no argument list. */
	readonly configuration: string;
	readonly clock: Clock;
	readonly clean: (line: string) => string;
}

/** One openvpn process: started, ended in order or by force, and always reaped. */
export class OpenvpnProcess {
	/** Resolves, never rejects, when the process is gone. */
	readonly ended: Promise<ProcessEnd>;
	readonly #child: ChildProcess;
	/** Its last lines so far. */
	readonly output: string[] = [];
	#killTimer: Timer | undefined;
	#over = false;

	readonly #options: ProcessOptions;

	constructor(options: ProcessOptions) {
		this.#options = options;

		// A process group of its own: an up script that hangs is killed with it, and Ctrl-C at a terminal
		// reaches the agent alone, which ends openvpn in order.
		this.#child = spawn(options.binary, ['--config', 'stdin'], {
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
			env: { ...childEnvironment(), ...processMark() },
		});
		this.ended = new Promise((resolve) => {
			this.#watch(resolve);
		});
		const { stdin, stdout, stderr } = this.#child;
		// Where there is no descriptor left for them there are no pipes, whatever the types say; the error is told in a moment.
		if (stdin as unknown) {
			for (const stream of [stdout, stderr]) {
				this.#keepLines(stream!);
			}
			// It may end before it has read everything; its exit tells more than the broken pipe.
			stdin!.on('error', () => undefined);
			stdin!.end(options.configuration);
		}
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	/** SIGTERM, and SIGKILL to all of its group if it is not gone after {@link KILL_AFTER_MS}. */
	terminate(): void {
		if (this.#over || this.#killTimer || this.#child.pid === undefined) {
			return;
		}
		this.#child.kill('SIGTERM');
		this.#killTimer = this.#options.clock.setTimer(KILL_AFTER_MS, () => {
			this.#killGroup();
		});
	}

	#killGroup(): void {
		const { pid } = this.#child;
		if (this.#over || pid === undefined) {
			return;
		}
		try {
			process.kill(-pid, 'SIGKILL');
		} catch {
			// Gone in this very moment.
		}
	}

	#watch(resolve: (end: ProcessEnd) => void): void {
		let lastWords: Timer | undefined;
		const end = (spawnError?: NodeJS.ErrnoException) => {
			this.#killTimer?.cancel();
			lastWords?.cancel();
			this.#child.stdout?.destroy();
			this.#child.stderr?.destroy();
			resolve({ output: this.output, spawnError });
		};
		this.#child.once('error', (error: NodeJS.ErrnoException) => {
			if (this.#child.pid === undefined) {
				this.#over = true;
				end(error);
			}
		});
		this.#child.once('exit', () => {
			this.#over = true;
			lastWords = this.#options.clock.setTimer(LAST_WORDS_MS, () => {
				end();
			});
		});
		this.#child.once('close', () => {
			end();
		});
	}

	#keepLines(stream: Readable): void {
		const lines = new LineSplitter();
		stream.on('error', () => undefined);
		stream.on('data', (chunk: Buffer) => {
			for (const line of lines.push(chunk)) {
				this.output.push(this.#options.clean(line));
			}
			this.output.splice(0, this.output.length - LINES_KEPT);
		});
	}
}
