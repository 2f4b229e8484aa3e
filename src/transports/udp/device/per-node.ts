import type { NextToken } from '../wire/frames.js';
import { MAX_BUSY_IN_A_ROW, MIN_DATAGRAM_BYTES } from '../wire/limits.js';
import type { Address } from '../wire/address.js';

/** Nodes that something is remembered of; the one that was used longest ago goes first. */
const MOST_NODES = 256;

interface Known {
	busyInARow: number;
	next?: { readonly at: Address; readonly token: NextToken };
	/** The largest datagrams that its path is known to carry. */
	datagramBytes?: number;
}

/** What a device remembers of its nodes from one attempt to the next. */
export class PerNode {
	readonly #nodes = new Map<string, Known>();

	#of(node: string): Known {
		const known = this.#nodes.get(node) ?? { busyInARow: 0 };
		this.#nodes.delete(node);
		this.#nodes.set(node, known);
		if (this.#nodes.size > MOST_NODES) {
			for (const oldest of this.#nodes.keys()) {
				this.#nodes.delete(oldest);
				break;
			}
		}
		return known;
	}

	/** A BUSY came: whether its time is to be followed. After three in a row it may be forged, and is not. */
	busy(node: string): boolean {
		return ++this.#of(node).busyInARow <= MAX_BUSY_IN_A_ROW;
	}

	/** Something else than BUSY came. */
	notBusy(node: string): void {
		this.#of(node).busyInARow = 0;
	}

	/** A node gave a token for the next connection to that address, over a path that carries such datagrams. */
	keepToken(
		node: string,
		at: Address,
		token: NextToken,
		datagramBytes: number,
	): void {
		Object.assign(this.#of(node), { next: { at, token }, datagramBytes });
	}

	/** How large datagrams to a node are tried, if that is known. */
	datagramBytes(node: string): number | undefined {
		return this.#of(node).datagramBytes;
	}

	/** A node answered, and no handshake came of it: its large datagrams may be lost on the way. If small ones do not help, it was not that. */
	trySmaller(node: string): void {
		const known = this.#of(node);
		known.datagramBytes =
			known.datagramBytes === MIN_DATAGRAM_BYTES
				? undefined
				: MIN_DATAGRAM_BYTES;
	}

	/** The token for one of these addresses. It is good once, so it is handed out once. */
	takeToken(node: string, addresses: readonly Address[]) {
		const known = this.#of(node);
		const { next } = known;
		known.next = undefined;
		return next &&
			addresses.some(
				({ address, port }) =>
					address === next.at.address && port === next.at.port,
			)
			? next
			: undefined;
	}
}
