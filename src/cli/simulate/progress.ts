import type { Clock } from '../../runtime/index.js';

/** A run shorter than this shows no bar. */
const QUIET_MS = 1000;
const REDRAW_MS = 100;
const WIDTH = 32;

/** What a bar needs of a stream: stderr, when it is a terminal. */
export interface Terminal {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/** A bar on a terminal for what takes longer than a second; nothing anywhere else. */
export class ProgressBar {
	readonly #startedMs: number;
	#drawnMs = -Infinity;
	#shown = false;

	readonly #terminal: Terminal;
	readonly #clock: Clock;

	constructor(terminal: Terminal, clock: Clock) {
		this.#terminal = terminal;
		this.#clock = clock;

		this.#startedMs = clock.monotonicMs();
	}

	/** @param done share of the work, from 0 to 1 */
	update(done: number, label: string): void {
		const nowMs = this.#clock.monotonicMs();
		if (
			!this.#terminal.isTTY ||
			nowMs - this.#startedMs < QUIET_MS ||
			nowMs - this.#drawnMs < REDRAW_MS
		) {
			return;
		}
		this.#drawnMs = nowMs;
		this.#shown = true;
		const full = Math.round(Math.min(1, Math.max(0, done)) * WIDTH);
		const bar = '#'.repeat(full).padEnd(WIDTH, '.');
		const percent = `${Math.floor(done * 100)} %`.padStart(5);
		this.#terminal.write(`\r\u001b[K[${bar}] ${percent}  ${label}`);
	}

	/** Takes the bar away. */
	clear(): void {
		if (this.#shown) {
			this.#terminal.write('\r\u001b[K');
		}
	}
}
