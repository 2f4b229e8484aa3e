import { EventQueue } from '../engine/event-queue.js';

/** What is due for a device: `kept-answer` is that of the attempt that is kept beside, `planned` what the world planned itself. */
const ENTRIES = [
	'due',
	'review',
	'answer',
	'standby-over',
	'planned',
	'kept-answer',
] as const;
export type Entry = (typeof ENTRIES)[number];

/** What a fleet has to do, and when. Nothing is taken off: an entry that is out of date is for whoever takes it to know. */
export class Agenda {
	/** Holds the device and the kind of an entry in one number. */
	readonly #queue: EventQueue;

	constructor(devices: number) {
		this.#queue = new EventQueue(2 * devices);
	}

	/** Infinity when there is nothing. */
	get nextMs(): number {
		return this.#queue.nextMs;
	}

	add(kind: Entry, device: number, atMs: number): void {
		this.#queue.push(atMs, device * ENTRIES.length + ENTRIES.indexOf(kind));
	}

	take(): { device: number; kind: Entry } {
		const entry = this.#queue.pop();
		return {
			device: Math.floor(entry / ENTRIES.length),
			kind: ENTRIES[entry % ENTRIES.length]!,
		};
	}
}
