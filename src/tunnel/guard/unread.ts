import type { ServerHttp2Stream } from 'node:http2';

/** What a chunk that waits to be read costs beside its bytes, in resident memory: 1,800 for one of a byte was measured. */
export const CHUNK_COST_BYTES = 2048;
/** The sum is made anew after so much more may have come. */
const AUDIT_AFTER_BYTES = 64 * 1024;
/** Of the streams that took data. */
const MOST_REMEMBERED = 4096;

/**
 * What the node sent and no service has read yet, by what it costs to hold. A window bounds bytes alone, and only once
 * the node has confirmed it: a megabyte in frames of one byte is half a gigabyte of chunks.
 */
export class Unread {
	readonly #maxBytes: number;
	readonly #onTooMuch: (heaviest: ServerHttp2Stream) => void;
	/** Chunks that came for each stream since it was last seen empty. */
	readonly #chunks = new Map<ServerHttp2Stream, number>();
	readonly #streams = new Map<number, ServerHttp2Stream>();
	/** Bytes that a stream's service has yet to take. */
	readonly #onTheWay = new Map<ServerHttp2Stream, () => number>();
	/** Chunks for streams whose event has not come yet. */
	readonly #early = new Map<number, number>();
	/** Streams that took data, the newest last: what is on its way for one that we reset may be as much as its window. */
	readonly #tookData = new Set<number>();
	#refused = 0;
	#newest = 0;
	#sinceAudit = 0;

	constructor(
		maxBytes: number,
		onTooMuch: (heaviest: ServerHttp2Stream) => void,
	) {
		this.#maxBytes = maxBytes;
		this.#onTooMuch = onTooMuch;
	}

	/** Streams that data came for and that have not opened. */
	get earlyStreams(): number {
		return this.#early.size;
	}

	/** Whether the stream was open and is so no more. */
	isGone(id: number): boolean {
		return id <= this.#newest && !this.#streams.has(id);
	}

	hasOpened(id: number): boolean {
		return id <= this.#newest;
	}

	/** Data came for an open stream. */
	onData(id: number): void {
		if (!this.#tookData.has(id)) {
			this.#tookData.add(id);
			if (this.#tookData.size > MOST_REMEMBERED) {
				const [oldest] = this.#tookData;
				this.#tookData.delete(oldest!);
			}
		}
	}

	/** Whether a stream that is reset now took data, unless it is reset for what lies unread. */
	forgetsData(id: number): boolean {
		return this.#tookData.delete(id);
	}

	add(stream: ServerHttp2Stream): void {
		const id = stream.id!;
		this.#streams.set(id, stream);
		this.#chunks.set(stream, this.#early.get(id) ?? 0);
		this.#newest = Math.max(this.#newest, id);
		for (const early of this.#early.keys()) {
			if (early <= id) {
				this.#early.delete(early);
			}
		}
	}

	/** Charges the stream also with what its service has yet to take. */
	include(stream: ServerHttp2Stream, bytesOnTheWay: () => number): void {
		this.#onTheWay.set(stream, bytesOnTheWay);
	}

	remove(stream: ServerHttp2Stream): void {
		this.#onTheWay.delete(stream);
		this.#streams.delete(stream.id!);
		this.#chunks.delete(stream);
	}

	/** The stream asked for what is not to be had: what came with it and what still comes is worth nothing. */
	refuse(stream: ServerHttp2Stream): void {
		this.#refused += stream.readableLength;
		this.#tookData.delete(stream.id!);
		this.remove(stream);
	}

	get hasRefused(): boolean {
		return this.#refused > 0;
	}

	/** Bytes that came for refused streams since the last call, before they were refused. */
	takeRefused(): number {
		const bytes = this.#refused;
		this.#refused = 0;
		return bytes;
	}

	/** Whether data for this stream will have to wait: then it is charged, and gets a buffer of its own. */
	charge(id: number, bytes: number): boolean {
		const stream = this.#streams.get(id);
		if (stream) {
			if (stream.readableFlowing === true) {
				return false;
			}
			this.#chunks.set(stream, this.#chunks.get(stream)! + 1);
		} else if (id > this.#newest) {
			this.#early.set(id, (this.#early.get(id) ?? 0) + 1);
		} else {
			return false;
		}
		this.#sinceAudit += bytes + CHUNK_COST_BYTES;
		if (this.#sinceAudit >= AUDIT_AFTER_BYTES) {
			this.#sinceAudit = 0;
			this.#audit();
		}
		return true;
	}

	#audit(): void {
		let total = 0;
		let most = 0;
		let heaviest: ServerHttp2Stream | undefined;
		for (const [stream, came] of this.#chunks) {
			// There are no more chunks than bytes; that also corrects the count of a stream that was read in part.
			const chunks = Math.min(came, stream.readableLength);
			this.#chunks.set(stream, chunks);
			const cost =
				stream.readableLength +
				chunks * CHUNK_COST_BYTES +
				(this.#onTheWay.get(stream)?.() ?? 0);
			total += cost;
			if (cost > most) {
				most = cost;
				heaviest = stream;
			}
		}
		for (const chunks of this.#early.values()) {
			total += chunks * CHUNK_COST_BYTES;
		}
		if (total > this.#maxBytes && heaviest) {
			this.#chunks.delete(heaviest);
			this.#streams.delete(heaviest.id!);
			this.#tookData.delete(heaviest.id!);
			this.#onTooMuch(heaviest);
		}
	}
}
