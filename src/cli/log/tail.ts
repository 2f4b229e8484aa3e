/** The last lines that were logged, for whoever comes later to ask. They are masked already. */
export class LogTail {
	readonly #most: number;
	readonly #lines: string[] = [];

	constructor(most = 300) {
		this.#most = most;
	}

	/** @param line ends in a line feed; only its beginning is kept where it is very long. */
	add(line: string): void {
		this.#lines.push(line.length > 2000 ? `${line.slice(0, 2000)}\n` : line);
		if (this.#lines.length > this.#most) {
			this.#lines.shift();
		}
	}

	toString(): string {
		return this.#lines.join('');
	}
}
