/** How a kind of frame says how long it is. `at` is where it begins; as many bytes as {@link headBytes} asked for are there. */
export interface FrameFormat {
	/** Bytes of the shortest head. */
	readonly leastHeadBytes: number;
	/** The length of this head, told from its first {@link leastHeadBytes}. */
	headBytes(bytes: Buffer, at: number): number;
	/** What follows the head. */
	payloadBytes(bytes: Buffer, at: number): number;
}

export interface FrameListener {
	/** A head is complete; `at` is where it stands in `bytes`. False ends the reading. */
	onHead(bytes: Buffer, at: number): boolean;
	/** Some of the payload of the last head: `from` and `to` are offsets in what is being read. */
	onPayload?(from: number, to: number): void;
}

/**
 * Finds the heads of frames in a stream of bytes, in whatever pieces it comes. It keeps the bytes of one head and no
 * more: what the frames mean is for HTTP/2 and `ws` to say, here they are only counted.
 */
export class FrameHeads {
	readonly #format: FrameFormat;
	readonly #listener: FrameListener;
	readonly #head = Buffer.alloc(32);
	#headLength = 0;
	#payloadLeft: number;

	/** `skipBytes`: what comes before the first frame. */
	constructor(format: FrameFormat, listener: FrameListener, skipBytes = 0) {
		this.#format = format;
		this.#listener = listener;
		this.#payloadLeft = skipBytes;
	}

	/** False when the listener had enough. */
	read(bytes: Buffer): boolean {
		for (let at = 0; at < bytes.length;) {
			if (this.#payloadLeft > 0) {
				const to = Math.min(bytes.length, at + this.#payloadLeft);
				this.#listener.onPayload?.(at, to);
				this.#payloadLeft -= to - at;
				at = to;
				continue;
			}
			const next = this.#readHead(bytes, at);
			if (next === undefined) {
				return false;
			}
			at = next;
		}
		return true;
	}

	/** Where the head ended, or all that there is; undefined when the listener had enough. */
	#readHead(bytes: Buffer, at: number): number | undefined {
		const { leastHeadBytes } = this.#format;
		if (this.#headLength === 0 && bytes.length - at >= leastHeadBytes) {
			const headBytes = this.#format.headBytes(bytes, at);
			if (bytes.length - at >= headBytes) {
				return this.#onHead(bytes, at) ? at + headBytes : undefined;
			}
		}
		let length =
			this.#headLength < leastHeadBytes
				? leastHeadBytes
				: this.#format.headBytes(this.#head, 0);
		for (;;) {
			const copied = bytes.copy(
				this.#head,
				this.#headLength,
				at,
				at + length - this.#headLength,
			);
			at += copied;
			this.#headLength += copied;
			if (this.#headLength < length) {
				return at;
			}
			const whole = this.#format.headBytes(this.#head, 0);
			if (whole === length) {
				this.#headLength = 0;
				return this.#onHead(this.#head, 0) ? at : undefined;
			}
			length = whole;
		}
	}

	#onHead(bytes: Buffer, at: number): boolean {
		this.#payloadLeft = this.#format.payloadBytes(bytes, at);
		return this.#listener.onHead(bytes, at);
	}
}
