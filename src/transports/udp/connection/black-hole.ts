import { DATAGRAM_SIZES, MIN_DATAGRAM_BYTES } from '../wire/limits.js';

/** A path that was out for a moment confirms nothing for as long. */
const SUSPECT_AFTER_MS = 3000;
/** From the suspicion to the last thing that was heard: probes go out every 5 s at least, and a PING comes every 27.5 s. */
const SURE_AFTER_MS = 20_000;
/** So many large packets were sent in vain meanwhile: half of them lost by chance makes that one in 256. */
const LEAST_IN_VAIN = 8;

interface Packet {
	readonly bytes: number;
}

/**
 * Whether a path that carried large packets carries only small ones by now (RFC 8899, 4.3: black hole detection): its MTU has
 * shrunk, or somebody drops what is large. PINGs and ACKs would keep such a connection up for ever, and its data would stand still.
 * The size of what is sent again is fixed, so the connection ends, and the next one finds the size that gets through.
 */
export class BlackHole {
	/** What is larger than the next smaller size may be too large for the path. */
	readonly #smallBytes: number;
	/** When the first large packet went out of which, and after which, none arrived. */
	#sinceMs = Infinity;
	/** When something was heard all the same. */
	#suspectMs = Infinity;
	#inVain = 0;

	constructor(datagramBytes: number) {
		this.#smallBytes =
			DATAGRAM_SIZES.find((size) => size < datagramBytes) ?? MIN_DATAGRAM_BYTES;
	}

	onSent({ bytes }: Packet, nowMs: number): void {
		if (bytes > this.#smallBytes) {
			this.#sinceMs = Math.min(this.#sinceMs, nowMs);
			this.#inVain++;
		}
	}

	/** The other end has these. */
	onArrived(packets: readonly Packet[]): void {
		if (packets.some(({ bytes }) => bytes > this.#smallBytes)) {
			this.#sinceMs = Infinity;
			this.#suspectMs = Infinity;
		}
	}

	/** To be asked when a probe is due. */
	isFound(lastHeardMs: number): boolean {
		if (this.#suspectMs === Infinity) {
			if (lastHeardMs > this.#sinceMs + SUSPECT_AFTER_MS) {
				this.#suspectMs = lastHeardMs;
				this.#inVain = 0;
			}
			return false;
		}
		return (
			lastHeardMs >= this.#suspectMs + SURE_AFTER_MS &&
			this.#inVain >= LEAST_IN_VAIN
		);
	}
}
