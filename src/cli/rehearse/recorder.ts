import type { ClientListener } from './fleet/client.js';
import type { RecordedGroup } from './recording.js';

export interface Group {
	readonly name: string;
	readonly size: number;
}

/** What became of one client. */
interface Fate {
	isUp: boolean;
	/** It lost its link since the cut. */
	wasCut: boolean;
	/** When it was back, in milliseconds from the cut on; undefined while it is not. */
	backMs: number | undefined;
	attempts: number;
}

/** Notes what becomes of every client from the cut on. Clients are numbered from 0, group after group. */
export class Recorder implements ClientListener {
	/** From the cut on, in milliseconds. */
	readonly attemptsMs: number[] = [];
	/** How attempts ended that made no link, from the cut on, and before it. */
	readonly outcomes = new Map<string, number>();
	readonly outcomesBefore = new Map<string, number>();
	readonly #groups: readonly Group[];
	readonly #clients: readonly Fate[];
	readonly #now: () => number;
	#cutAt: number | undefined;
	#lastLossAt = 0;
	#firstLossMs: number | undefined;
	#up = 0;
	#lost = 0;
	#away = 0;

	/** @param now milliseconds that never go back */
	constructor(groups: readonly Group[], now: () => number) {
		this.#groups = groups;
		this.#now = now;
		const size = groups.reduce((sum, group) => sum + group.size, 0);
		this.#clients = Array.from({ length: size }, () => ({
			isUp: false,
			wasCut: false,
			backMs: undefined,
			attempts: 0,
		}));
	}

	/** Clients with a link now. */
	get connected(): number {
		return this.#up;
	}

	/** Clients that have lost their link since the cut. */
	get lost(): number {
		return this.#lost;
	}

	/** Of those, the ones that are not back now. */
	get away(): number {
		return this.#away;
	}

	/** How long it is since the last loss, or the cut. */
	get quietMs(): number {
		return this.#now() - this.#lastLossAt;
	}

	/** From the cut to the first loss; 0 while there is none. */
	get firstLossMs(): number {
		return this.#firstLossMs ?? 0;
	}

	/** The cut comes now: the zero of all times. */
	begin(): void {
		this.#cutAt = this.#now();
		this.#lastLossAt = this.#cutAt;
	}

	attempt(client: number): void {
		if (this.#cutAt !== undefined) {
			this.attemptsMs.push(this.#now() - this.#cutAt);
			this.#clients[client]!.attempts += 1;
		}
	}

	failed(_client: number, code: string): void {
		const counts =
			this.#cutAt === undefined ? this.outcomesBefore : this.outcomes;
		counts.set(code, (counts.get(code) ?? 0) + 1);
	}

	up(client: number): void {
		const fate = this.#clients[client]!;
		if (fate.isUp) {
			return;
		}
		fate.isUp = true;
		this.#up += 1;
		if (fate.wasCut && this.#cutAt !== undefined) {
			this.#away -= 1;
			fate.backMs = this.#now() - this.#cutAt;
		}
	}

	down(client: number): void {
		const fate = this.#clients[client]!;
		if (!fate.isUp) {
			return;
		}
		fate.isUp = false;
		this.#up -= 1;
		if (this.#cutAt === undefined) {
			return;
		}
		this.#lastLossAt = this.#now();
		this.#firstLossMs ??= this.#lastLossAt - this.#cutAt;
		this.#away += 1;
		fate.backMs = undefined;
		if (!fate.wasCut) {
			fate.wasCut = true;
			this.#lost += 1;
		}
	}

	/** The clients that lost their link, and what became of them. @param fromMs the moment after the cut that counts as zero */
	groups(fromMs: number): RecordedGroup[] {
		let first = 0;
		return this.#groups.map(({ name, size }) => {
			const cut = this.#clients
				.slice(first, (first += size))
				.filter(({ wasCut }) => wasCut);
			return {
				name,
				backMs: cut.map(({ backMs }) =>
					backMs === undefined ? null : Math.round(backMs - fromMs),
				),
				attempts: cut.map(({ attempts }) => attempts),
			};
		});
	}
}
