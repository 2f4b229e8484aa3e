import { callOptions, checkOptions, durationMs } from '../options.js';
import type { Clock, Timer } from '../runtime/index.js';
import * as v from '../schema.js';
import { settleSockets } from './settle.js';

interface Entry {
	readonly dueMs: number;
	/** Timers that are due at the same moment fire in the order in which they were set. */
	readonly order: number;
	/** Undefined once it fired or was cancelled. */
	callback: (() => void) | undefined;
}

const clockOptions = callOptions(
	{ wallMs: v.optional(v.number('must be milliseconds since 1970')) },
	'{ wallMs: Date.UTC(2024, 10, 19) }',
);

const before = (a: Entry, b: Entry) =>
	a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/**
 * A {@link Clock} that stands still until it is told to advance. Timers fire in order of their due
 * time, and see that time on the clock.
 *
 * @example
 * const clock = new VirtualClock();
 * clock.setTimer(1000, () => console.log(clock.monotonicMs()));
 * clock.advance(5000); // prints 1000
 */
export class VirtualClock implements Clock {
	#nowMs = 0;
	#wallOffsetMs: number;
	#order = 0;
	#pending = 0;
	/** A binary heap, the earliest first; cancelled entries stay until they come up or outnumber the rest. */
	#heap: Entry[] = [];

	/** `wallMs` is what the wall clock shows at first, by default 2024-11-19T00:00:00Z. */
	constructor(options: { wallMs?: number } = {}) {
		const { wallMs } = checkOptions(clockOptions, options, 'VirtualClock');
		this.#wallOffsetMs = wallMs ?? Date.UTC(2024, 10, 19);
	}

	monotonicMs(): number {
		return this.#nowMs;
	}

	wallMs(): number {
		return this.#nowMs + this.#wallOffsetMs;
	}

	/** Sets the wall clock, as a time sync does; timers are not moved. */
	setWallMs(wallMs: number): void {
		this.#wallOffsetMs = wallMs - this.#nowMs;
	}

	/** How many timers are set. 0 after a clean stop. */
	get pending(): number {
		return this.#pending;
	}

	/** When the next timer is due, on the monotonic clock; undefined when none is set. */
	get nextDueMs(): number | undefined {
		while (this.#heap[0] && !this.#heap[0].callback) {
			this.#pop();
		}
		return this.#heap[0]?.dueMs;
	}

	setTimer(delayMs: number, callback: () => void): Timer {
		const entry: Entry = {
			dueMs: this.#nowMs + Math.max(0, delayMs || 0),
			order: this.#order++,
			callback,
		};
		this.#push(entry);
		this.#pending++;
		return {
			cancel: () => {
				if (entry.callback) {
					entry.callback = undefined;
					this.#pending--;
					this.#forgetCancelled();
				}
			},
		};
	}

	/** Moves time on by `ms`, firing what comes due, also what those callbacks set in turn. */
	advance(ms: number): void {
		checkOptions(durationMs, ms, 'advance()');
		const untilMs = this.#nowMs + ms;
		while (this.#fireNext(untilMs)) {
			// Each turn fires one timer.
		}
		this.#nowMs = untilMs;
	}

	/**
	 * As {@link advance}, and lets promises settle before the first timer, between two, and after the last. Where this process
	 * has real sockets, what is on its way on them arrives first: a virtual deadline does not outrun a mock that answers.
	 */
	async advanceAsync(ms: number): Promise<void> {
		checkOptions(durationMs, ms, 'advanceAsync()');
		const untilMs = this.#nowMs + ms;
		do {
			await settleSockets();
		} while (this.#fireNext(untilMs));
		this.#nowMs = untilMs;
		await settleSockets();
	}

	/** Jumps to the next timer and fires it; false when none is set. */
	fireNext(): boolean {
		return this.#fireNext(Infinity);
	}

	#fireNext(untilMs: number): boolean {
		const dueMs = this.nextDueMs;
		if (dueMs === undefined || dueMs > untilMs) {
			return false;
		}
		const entry = this.#pop()!;
		const callback = entry.callback!;
		entry.callback = undefined;
		this.#pending--;
		this.#nowMs = Math.max(this.#nowMs, dueMs);
		callback();
		return true;
	}

	#forgetCancelled(): void {
		if (this.#heap.length > 64 && this.#heap.length > 2 * this.#pending) {
			// A sorted array is a heap.
			this.#heap = this.#heap
				.filter((entry) => entry.callback)
				.sort((a, b) => (before(a, b) ? -1 : 1));
		}
	}

	#push(entry: Entry): void {
		const heap = this.#heap;
		let at = heap.push(entry) - 1;
		while (at > 0) {
			const up = Math.floor((at - 1) / 2);
			if (!before(entry, heap[up]!)) {
				break;
			}
			heap[at] = heap[up]!;
			at = up;
		}
		heap[at] = entry;
	}

	#pop(): Entry | undefined {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (!last || heap.length === 0) {
			return first;
		}
		let at = 0;
		for (;;) {
			let down = 2 * at + 1;
			if (down >= heap.length) {
				break;
			}
			if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) {
				down++;
			}
			if (!before(heap[down]!, last)) {
				break;
			}
			heap[at] = heap[down]!;
			at = down;
		}
		heap[at] = last;
		return first;
	}
}
