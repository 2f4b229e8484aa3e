/** More lines than this in one answer are no answer. `state all` and `echo all` keep 100. */
export const LONGEST_REPLY = 1000;

/** What openvpn answered to a command. */
export interface Reply {
	readonly ok: boolean;
	/** The lines before `END`, or the one after `SUCCESS: ` or `ERROR: `. */
	readonly lines: readonly string[];
}

/**
 * How a command is answered: one `SUCCESS:` or `ERROR:` line, or a block of raw lines up to `END` (which
 * an `ERROR:` line may replace).
 */
export type ReplyShape = 'line' | 'block';

interface Pending {
	readonly shape: ReplyShape;
	readonly lines: string[];
	readonly done: (reply: Reply) => void;
}

/**
 * Matches answers with commands. Openvpn answers each command once and in order; notices that stand
 * between are taken out before (`isNotice`). A stray line is ignored: openvpn prints one before some errors.
 */
export class Replies {
	readonly #pending: Pending[] = [];

	expect(shape: ReplyShape, done: (reply: Reply) => void): void {
		this.#pending.push({ shape, lines: [], done });
	}

	push(line: string): void {
		const first = this.#pending[0];
		if (!first) {
			return;
		}
		if (line.startsWith('ERROR:')) {
			this.#settle({ ok: false, lines: [line.slice(6).trim()] });
		} else if (first.shape === 'line') {
			if (line.startsWith('SUCCESS:')) {
				this.#settle({ ok: true, lines: [line.slice(8).trim()] });
			}
		} else if (line === 'END') {
			this.#settle({ ok: true, lines: first.lines });
		} else if (first.lines.length >= LONGEST_REPLY) {
			this.#settle({ ok: false, lines: ['the answer is too long'] });
		} else {
			first.lines.push(line);
		}
	}

	/** No more answers come. */
	end(): void {
		while (this.#pending.length > 0) {
			this.#settle({ ok: false, lines: ['the connection ended'] });
		}
	}

	#settle(reply: Reply): void {
		this.#pending.shift()?.done(reply);
	}
}
