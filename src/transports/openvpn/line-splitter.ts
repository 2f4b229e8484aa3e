/** The longest line that is kept, in bytes; the longest ever seen from openvpn is 1011. */
export const LONGEST_LINE = 4096;

/** This much without a line end is no management interface. */
export const LONGEST_UNFINISHED = 64 * 1024;

const LINE_FEED = 0x0a;

/**
 * Bytes in, whole lines out, however the bytes were cut up. A line that is too long is dropped and
 * counted; `overflowed` becomes and stays true where no line end comes at all.
 */
export class LineSplitter {
	dropped = 0;
	overflowed = false;
	#parts: Buffer[] = [];
	#length = 0;

	/** What has come of a line that has no end yet. */
	get unfinished(): string {
		return Buffer.concat(this.#parts).toString('utf8');
	}

	push(chunk: Buffer): string[] {
		const lines: string[] = [];
		let start = 0;
		while (!this.overflowed && start < chunk.length) {
			const found = chunk.indexOf(LINE_FEED, start);
			const end = found === -1 ? chunk.length : found;
			this.#keep(chunk.subarray(start, end));
			if (found !== -1) {
				this.#finish(lines);
			}
			start = end + 1;
		}
		return lines;
	}

	#keep(piece: Buffer): void {
		this.#length += piece.length;
		if (this.#length <= LONGEST_LINE) {
			this.#parts.push(piece);
		} else {
			this.#parts = [];
			this.overflowed = this.#length > LONGEST_UNFINISHED;
		}
	}

	#finish(lines: string[]): void {
		if (this.overflowed) {
			return;
		}
		if (this.#length > LONGEST_LINE) {
			this.dropped += 1;
		} else {
			lines.push(
				Buffer.concat(this.#parts).toString('utf8').replace(/\r$/, ''),
			);
		}
		this.#parts = [];
		this.#length = 0;
	}
}
