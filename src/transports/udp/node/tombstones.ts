import { TOMBSTONE_MS } from '../wire/limits.js';

/** No more than this many; the oldest go first. */
const MOST = 49_152;
const ANSWERED_EACH = 8;

export interface Tombstone {
	/** Who held the ID; an INIT of another is no copy. */
	readonly owner: string;
	/** What is answered; undefined = silence. */
	readonly words: Buffer | undefined;
}

interface Entry extends Tombstone {
	readonly untilMs: number;
	asked: number;
}

/** IDs that are no more: whoever still writes to them hears the last word again, ever more seldom. */
export class Tombstones {
	/** In the order in which they were set, which is that of their ends. */
	readonly #stones = new Map<string, Entry>();

	set(id: string, stone: Tombstone, nowMs: number): void {
		this.#forgetOld(nowMs);
		this.#stones.delete(id);
		this.#stones.set(id, { ...stone, untilMs: nowMs + TOMBSTONE_MS, asked: 0 });
		if (this.#stones.size > MOST) {
			for (const oldest of this.#stones.keys()) {
				this.#stones.delete(oldest);
				break;
			}
		}
	}

	get(id: string, nowMs: number): Tombstone | undefined {
		this.#forgetOld(nowMs);
		return this.#stones.get(id);
	}

	/** The last word, for each of the first 8 datagrams that ask for it, since some are lost; then for the 16th, 32nd ... */
	answer(id: string): Buffer | undefined {
		const stone = this.#stones.get(id)!;
		stone.asked++;
		const isDue =
			stone.asked <= ANSWERED_EACH || Number.isInteger(Math.log2(stone.asked));
		return isDue ? stone.words : undefined;
	}

	get size(): number {
		return this.#stones.size;
	}

	#forgetOld(nowMs: number): void {
		for (const [id, { untilMs }] of this.#stones) {
			if (untilMs > nowMs) {
				return;
			}
			this.#stones.delete(id);
		}
	}
}
