import type { Outcome } from '../../../outcome.js';
import type { Link, LinkListener, LinkStats } from '../../../transport.js';
import type { UdpStream } from '../stream/stream.js';

/** A native link that has ended only when nothing of its UDP connection is left either. */
export class UdpLink implements Link {
	readonly transport = 'udp';
	readonly node: string;
	readonly ended: Promise<Outcome>;

	readonly #link: Link;

	constructor(link: Link, stream: UdpStream) {
		this.#link = link;
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

	async close(graceMs: number): Promise<void> {
		await this.#link.close(graceMs);
		await this.ended;
	}
}
