import type { Outcome } from '../../../outcome.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
} from '../../../transport.js';
import type { Dialled } from './connect.js';

/** A native link that has ended only when nothing of its UDP connection is left either. */
export class UdpLink implements Link {
	readonly transport = 'udp';
	readonly node: string;
	readonly ended: Promise<Outcome>;

	readonly #link: Link;
	readonly #dialled: Dialled;

	constructor(link: Link, dialled: Dialled) {
		const { stream } = dialled;
		this.#link = link;
		this.#dialled = dialled;
		this.node = link.node;
		const gone = new Promise<void>((resolve) => {
			// A node may end the connection while the link is being made.
			if (stream.closed) {
				resolve();
			} else {
				stream.once('close', resolve);
			}
		});
		this.ended = link.ended.then(async (ended) => {
			stream.destroy();
			await gone;
			return ended;
		});
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
		await this.ended;
	}
}
