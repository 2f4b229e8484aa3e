import type { Outcome } from '../../../outcome.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
} from '../../../transport.js';
import type { Dialled } from './connect.js';

/** A native link that knows its UDP connection: the round trip, and how to take a new local address. */
export class UdpLink implements Link {
	readonly transport = 'udp';
	readonly node: string;
	readonly ended: Promise<Outcome>;

	readonly #link: Link;
	readonly #dialled: Dialled;

	constructor(link: Link, dialled: Dialled) {
		this.#link = link;
		this.#dialled = dialled;
		this.node = link.node;
		this.ended = link.ended;
	}

	listen(listener: LinkListener): void {
		this.#link.listen(listener);
	}

	stats(): LinkStats {
		const { connection } = this.#dialled;
		return { ...this.#link.stats(), roundTripMs: connection.roundTripMs };
	}

	/** A new local address first: what is bound to the old one may never get out again. */
	async checkLiveness(deadlineMs: number): Promise<LinkSign> {
		this.#dialled.rebind();
		return (await this.#link.checkLiveness?.(deadlineMs)) ?? 'alive';
	}

	async close(graceMs: number): Promise<void> {
		await this.#link.close(graceMs);
	}
}
