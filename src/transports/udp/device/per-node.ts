import type { NextToken } from '../wire/frames.js';
import { MAX_BUSY_IN_A_ROW } from '../wire/limits.js';
import type { Address } from '../wire/address.js';

/** Nodes that something is remembered of; the one that was used longest ago goes first. */
const MOST_NODES = 256;

interface Known {
	busyInARow: number;
	next?: { readonly at: Address; readonly token: NextToken };
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

	/** A node gave a token for the next connection to that address. */
	keepToken(node: string, at: Address, token: NextToken): void {
		this.#of(node).next = { at, token };
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
