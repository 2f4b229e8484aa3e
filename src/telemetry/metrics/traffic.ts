import type { LinkView } from '../../agent/events.js';
import type { LinkStats } from '../../transport.js';

/** What has passed through links, the current one and all before it, so that the totals never go back. */
export class Traffic {
	#link: LinkView | undefined;
	#before = { in: 0, out: 0 };

	/** Another link is the current one, or none. */
	follow(link: LinkView | undefined): void {
		this.#before = { in: this.bytesIn, out: this.bytesOut };
		this.#link = link;
	}

	/** Of the current link. */
	get stats(): LinkStats | undefined {
		return this.#link?.stats();
	}

	get bytesIn(): number {
		return this.#before.in + (this.stats?.bytesIn ?? 0);
	}

	get bytesOut(): number {
		return this.#before.out + (this.stats?.bytesOut ?? 0);
	}
}
