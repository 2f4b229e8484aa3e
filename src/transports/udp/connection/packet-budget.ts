/** What a peer may send that is worth nothing, in tokens: at once, and for each second. */
const BURST = 32_768;
const PER_SECOND = 8192;

/** A packet that brings nothing new. It costs us an AEAD, an ACK perhaps, and the peer nothing. */
const EMPTY_COST = 4;
/** One that brings data again: a sender that takes packets for lost too soon does so with some of them. */
const REPEAT_COST = 2;
/** One with less data than the heads of WebSocket and HTTP/2 have (2 and 9 bytes): no frame is sent in such pieces. */
const CRUMB_COST = 3;
const CRUMB_BYTES = 11;
/** From so many bytes of data on a packet is worth what it costs. */
const WORTH_BYTES = 256;
/** New keys for both directions cost as much as some packets, and nobody needs them oftener than each minute. */
const KEY_UPDATE_COST = 64;
/** What was earned by sending and not spent is kept up to this many tokens. */
const MOST_EARNED = 65_536;
/** So many frames of a packet cost as much as the packet. */
const FRAMES_A_PACKET = 16;

/**
 * How many packets of the other end may be worth nothing: 2,048 empty ones a second, 8,192 at once, and one for each packet of
 * ours that asks for an ACK: where a path reorders, each is answered at once, and ACKs that are overtaken say nothing new. New data
 * and news of what we sent are worth something, and neither can be had without end: data has its window, and what we sent is
 * acknowledged once.
 */
export class PacketBudget {
	#tokens = BURST;
	#earned = 0;
	#atMs = 0;
	#newBytes = 0;
	#dataBytes = 0;
	#hasNews = false;
	#keyUpdates = 0;

	/** Data came with the packet that is being read; so much of it was not there yet. */
	onData(bytes: number, newBytes: number): void {
		this.#dataBytes += bytes;
		this.#newBytes += newBytes;
	}

	/** The packet that is being read acknowledges something for the first time. */
	onNews(): void {
		this.#hasNews = true;
	}

	/** The other end changes its keys, with the packet that is being read. */
	onKeyUpdate(): void {
		this.#keyUpdates++;
	}

	/** A packet that asks for an ACK went out. */
	onSent(): void {
		this.#earned = Math.min(MOST_EARNED, this.#earned + EMPTY_COST);
	}

	/** The packet was read. False when it was one too many. */
	allowsPacket(frames: number, nowMs: number): boolean {
		const cost =
			this.#cost() +
			EMPTY_COST * Math.floor(frames / FRAMES_A_PACKET) +
			KEY_UPDATE_COST * this.#keyUpdates;
		this.#keyUpdates = 0;
		this.#newBytes = 0;
		this.#dataBytes = 0;
		this.#hasNews = false;
		if (this.#earned >= cost) {
			this.#earned -= cost;
			return true;
		}
		this.#tokens -= cost;
		if (this.#tokens < 0) {
			this.#refill(nowMs);
		}
		return this.#tokens >= 0;
	}

	#cost(): number {
		if (this.#hasNews) {
			return 0;
		}
		if (this.#newBytes > 0) {
			return this.#newBytes < CRUMB_BYTES
				? CRUMB_COST
				: Math.max(0, 1 - this.#newBytes / WORTH_BYTES);
		}
		return this.#dataBytes >= WORTH_BYTES ? REPEAT_COST : EMPTY_COST;
	}

	#refill(nowMs: number): void {
		const seconds = (nowMs - this.#atMs) / 1000;
		this.#tokens = Math.min(BURST, this.#tokens + seconds * PER_SECOND);
		this.#atMs = nowMs;
	}
}
