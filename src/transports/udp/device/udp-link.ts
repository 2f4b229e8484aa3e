import type { Outcome } from '../../../outcome.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
} from '../../../transport.js';
import type { UdpStream } from '../stream/stream.js';

/** A native link that has ended only when nothing of its UDP connection is left either. */
export class UdpLink implements Link {
	readonly transport = 'udp';
	readonly node: string;
	readonly ended: Promise<Outcome>;

	readonly #link: Link;
	readonly #rebind: () => void;

	constructor(link: Link, stream: UdpStream, rebind: () => void) {
		this.#link = link;
		this.#rebind = rebind;
		this.node = link.node;
		const gone = new Promise<void>((resolve) => {
			stream.once('close', resolve);
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
		return this.#link.stats();
	}

	/** A new local address first: what is bound to the old one may never get out again. */
	async checkLiveness(deadlineMs: number): Promise<LinkSign> {
		this.#rebind();
		return (await this.#link.checkLiveness?.(deadlineMs)) ?? 'alive';
	}

	async close(graceMs: number): Promise<void> {
		await this.#link.close(graceMs);
		await this.ended;
	}
}
