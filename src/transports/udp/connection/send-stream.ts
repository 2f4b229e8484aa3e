/** A piece of the stream. Its borders never change, also when it is sent again. */
export interface Segment {
	readonly offset: number;
	readonly data: Buffer;
	readonly fin: boolean;
	acknowledged: boolean;
	/** Packets in flight that carry it. */
	copies: number;
}

/** The sending half: what was written, what was sent, what must be sent again. */
export class SendStream {
	readonly #chunks: Buffer[] = [];
	/** Where in the first chunk the unsent bytes begin. */
	#chunkAt = 0;
	#unsentBytes = 0;
	/** Offset of the next byte that was never sent. */
	#nextOffset = 0;
	readonly #resend: Segment[] = [];
	#acknowledgedBytes = 0;
	#finAsked = false;
	#finCut = false;
	#finAcknowledged = false;
	/** The offset up to which the receiver lets us send. */
	limit: number;

	constructor(initialLimit: number) {
		this.limit = initialLimit;
	}

	write(chunk: Buffer): void {
		if (chunk.length > 0) {
			this.#chunks.push(chunk);
			this.#unsentBytes += chunk.length;
		}
	}

	/** Nothing is written after this; the last segment says so. */
	finish(): void {
		this.#finAsked = true;
	}

	/** Bytes that were written and are not acknowledged. */
	get bufferedBytes(): number {
		return this.#nextOffset + this.#unsentBytes - this.#acknowledgedBytes;
	}

	/** Whether the other end has everything, the end included. */
	get done(): boolean {
		return (
			this.#finAcknowledged && this.#acknowledgedBytes === this.#nextOffset
		);
	}

	get finSent(): boolean {
		return this.#finCut;
	}

	/** Whether the other end has every byte, and was told that there are no more. */
	get onlyFinIsLeft(): boolean {
		return this.#finCut && this.bufferedBytes === 0;
	}

	/** Whether unsent bytes wait for the receiver's window alone. */
	get blocked(): boolean {
		return this.#unsentBytes > 0 && this.#nextOffset >= this.limit;
	}

	get hasNew(): boolean {
		return this.#unsentBytes > 0
			? this.#nextOffset < this.limit
			: this.#finAsked && !this.#finCut;
	}

	/** The first segment that waits to be sent again. */
	get toResend(): Segment | undefined {
		while (this.#resend[0]?.acknowledged) {
			this.#resend.shift();
		}
		return this.#resend[0];
	}

	takeResend(): void {
		this.#resend.shift();
	}

	/** Cuts a new segment of at most so many bytes. Only when {@link hasNew}. */
	cut(mostBytes: number): Segment {
		const bytes = Math.min(
			mostBytes,
			this.#unsentBytes,
			this.limit - this.#nextOffset,
		);
		const offset = this.#nextOffset;
		const data = this.#takeBytes(Math.max(0, bytes));
		this.#nextOffset += data.length;
		const fin = this.#finAsked && this.#unsentBytes === 0;
		this.#finCut ||= fin;
		return { offset, data, fin, acknowledged: false, copies: 0 };
	}

	#takeBytes(bytes: number): Buffer {
		this.#unsentBytes -= bytes;
		const first = this.#chunks[0];
		if (first && first.length - this.#chunkAt > bytes) {
			this.#chunkAt += bytes;
			return first.subarray(this.#chunkAt - bytes, this.#chunkAt);
		}
		const data = Buffer.allocUnsafe(bytes);
		let filled = 0;
		while (filled < bytes) {
			const chunk = this.#chunks[0]!;
			const taken = chunk.copy(data, filled, this.#chunkAt);
			filled += taken;
			this.#chunkAt += taken;
			if (this.#chunkAt === chunk.length) {
				this.#chunks.shift();
				this.#chunkAt = 0;
			}
		}
		return data;
	}

	onAcknowledged(segment: Segment): void {
		segment.copies--;
		this.onArrivedLate(segment);
	}

	/** A packet that counted as lost has arrived: the segment need not be sent again. */
	onArrivedLate(segment: Segment): void {
		if (segment.acknowledged) {
			return;
		}
		segment.acknowledged = true;
		this.#acknowledgedBytes += segment.data.length;
		this.#finAcknowledged ||= segment.fin;
	}

	/** A packet with the segment is lost. While another copy is in flight, that one decides. */
	onLost(segment: Segment): void {
		segment.copies--;
		if (segment.acknowledged || segment.copies > 0) {
			return;
		}
		// Nearly always behind all that wait already: keep them in the order of the stream.
		let at = this.#resend.length;
		while (at > 0 && this.#resend[at - 1]!.offset > segment.offset) {
			at--;
		}
		this.#resend.splice(at, 0, segment);
	}
}
