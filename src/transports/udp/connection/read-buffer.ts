/** What a chunk costs beside its bytes: the objects that hold it. */
export const CHUNK_OVERHEAD_BYTES = 512;

/** Small pieces are gathered in one of these, so that a few bytes do not hold a whole packet in memory. */
const GATHER_BYTES = 4096;

const NOTHING = Buffer.alloc(0);

/** Bytes in order that wait for the reader. Pieces that fill most of their packet are kept as they came. */
export class ReadBuffer {
	readonly #chunks: Buffer[] = [];
	/** The last chunk while it has room, and how much of it is filled. */
	#gather: Buffer | undefined;
	#filled = 0;
	/** Memory that is held, rounded up. */
	heldBytes = 0;

	get isEmpty(): boolean {
		return this.#chunks.length === 0 && this.#filled === 0;
	}

	/** The first bytes, as far as they came together. */
	get head(): Buffer {
		return (
			this.#chunks[0] ?? this.#gather?.subarray(0, this.#filled) ?? NOTHING
		);
	}

	push(data: Buffer): void {
		if (isCompact(data)) {
			this.#closeGather();
			this.#chunks.push(data);
			this.heldBytes += data.buffer.byteLength;
			return;
		}
		for (let at = 0; at < data.length;) {
			if (!this.#gather) {
				this.#gather = Buffer.allocUnsafeSlow(GATHER_BYTES);
				this.heldBytes += GATHER_BYTES;
			}
			const copied = data.copy(this.#gather, this.#filled, at);
			this.#filled += copied;
			at += copied;
			if (this.#filled === GATHER_BYTES) {
				this.#closeGather();
			}
		}
	}

	#closeGather(): void {
		if (this.#gather && this.#filled > 0) {
			this.#chunks.push(compact(this.#gather.subarray(0, this.#filled)));
			this.#gather = undefined;
			this.#filled = 0;
		}
	}

	/** All that is there; undefined when there is nothing. */
	read(): Buffer | undefined {
		this.#closeGather();
		const chunks = this.#chunks;
		if (chunks.length === 0) {
			return undefined;
		}
		const data = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
		chunks.length = 0;
		this.heldBytes = 0;
		return data;
	}
}

/** Whether keeping the piece keeps hardly more than its bytes. */
const isCompact = (data: Buffer): boolean =>
	2 * data.length >= data.buffer.byteLength;

/** The piece, or a copy when it would hold much more than its bytes. */
export function compact(data: Buffer): Buffer {
	if (isCompact(data)) {
		return data;
	}
	const copy = Buffer.allocUnsafeSlow(data.length);
	data.copy(copy);
	return copy;
}
