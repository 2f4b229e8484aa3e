import { CHUNK_OVERHEAD_BYTES, compact, ReadBuffer } from './read-buffer.js';

interface Waiting {
	readonly data: Buffer;
	readonly fin: boolean;
}

/**
 * What became of a segment: taken; refused (no room; the packet counts as lost); or it breaks a rule that the
 * sender knows, which ends the connection.
 */
export type Reception = 'taken' | 'refused' | 'violation';

/** The receiving half: puts segments in order and says how much more may come. */
export class ReceiveStream {
	/** In order, waiting to be read. */
	readonly #ready = new ReadBuffer();
	/** Ahead of the next byte, by offset: one look-up, since segments never change their borders. */
	readonly #waiting = new Map<number, Waiting>();
	#waitingCost = 0;
	#nextOffset = 0;
	/** Bytes that came for the first time, in whatever order. */
	newBytes = 0;
	#readBytes = 0;
	#finalOffset: number | undefined;
	/** What the sender was told last. */
	#toldLimit: number;

	readonly #windowBytes: number;

	constructor(windowBytes: number) {
		this.#windowBytes = windowBytes;
		this.#toldLimit = windowBytes;
	}

	/** All bytes up to the end have come, in order. */
	get complete(): boolean {
		return this.#nextOffset === this.#finalOffset;
	}

	/** Bytes that have come in order, and the first of those that are not read. */
	get orderedBytes(): number {
		return this.#nextOffset;
	}

	get head(): Buffer {
		return this.#ready.head;
	}

	/** Memory held for the reader, or for bytes whose turn has not come. */
	get heldBytes(): number {
		return this.#ready.heldBytes + this.#waitingCost;
	}

	receive(offset: number, data: Buffer, fin: boolean): Reception {
		const end = offset + data.length;
		if (end > this.#toldLimit) {
			return 'violation';
		}
		if (
			this.#finalOffset !== undefined &&
			(end > this.#finalOffset || (fin && end !== this.#finalOffset))
		) {
			return 'violation';
		}
		if (offset > this.#nextOffset) {
			return this.#hold(offset, { data, fin }, end);
		}
		if (offset < this.#nextOffset || this.complete) {
			return end > this.#nextOffset ? 'violation' : 'taken';
		}
		if (fin && this.#waiting.size > 0) {
			return 'violation';
		}
		this.newBytes += data.length;
		this.#deliver({ data, fin });
		this.#deliverWaiting();
		return 'taken';
	}

	#hold(offset: number, segment: Waiting, end: number): Reception {
		const known = this.#waiting.get(offset);
		if (known) {
			return known.data.length === segment.data.length ? 'taken' : 'violation';
		}
		const cost = segment.data.length + CHUNK_OVERHEAD_BYTES;
		if (this.#waitingCost + cost > 2 * this.#windowBytes) {
			return 'refused';
		}
		if (segment.fin) {
			this.#finalOffset = end;
		}
		this.newBytes += segment.data.length;
		this.#waiting.set(offset, { ...segment, data: compact(segment.data) });
		this.#waitingCost += cost;
		return 'taken';
	}

	#deliver(segment: Waiting): void {
		this.#nextOffset += segment.data.length;
		if (segment.fin) {
			this.#finalOffset = this.#nextOffset;
		}
		if (segment.data.length > 0) {
			this.#ready.push(segment.data);
		}
	}

	#deliverWaiting(): void {
		if (this.#waiting.size === 0) {
			return;
		}
		for (
			let next = this.#waiting.get(this.#nextOffset);
			next;
			next = this.#waiting.get(this.#nextOffset)
		) {
			this.#waiting.delete(this.#nextOffset);
			this.#waitingCost -= next.data.length + CHUNK_OVERHEAD_BYTES;
			this.#deliver(next);
		}
	}

	get readable(): boolean {
		return !this.#ready.isEmpty;
	}

	/** The next bytes, all that are there; undefined when there are none. */
	read(): Buffer | undefined {
		const data = this.#ready.read();
		this.#readBytes += data?.length ?? 0;
		return data;
	}

	/** The offset up to which the sender may send, to be told in an ACK that is written now. */
	tellLimit(): number {
		this.#toldLimit = this.#readBytes + this.#windowBytes;
		return this.#toldLimit;
	}

	/** Whether the window has opened so far since it was last told that the sender should hear of it. */
	get limitIsStale(): boolean {
		return (
			this.#finalOffset === undefined &&
			this.#readBytes + this.#windowBytes - this.#toldLimit >=
				this.#windowBytes / 4
		);
	}
}
