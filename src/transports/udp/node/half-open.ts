import type { Connection } from '../connection/connection.js';
import { siteOf } from './prefix.js';

/** Handshakes that are not done yet, in all and by site: what a node has spent on nobody so far. */
export class HalfOpen {
	readonly #charged = new Map<Connection, string>();
	readonly #perSite = new Map<string, number>();

	get size(): number {
		return this.#charged.size;
	}

	of(address: string): number {
		return this.#perSite.get(siteOf(address)) ?? 0;
	}

	begin(connection: Connection, address: string): void {
		const site = siteOf(address);
		this.#charged.set(connection, site);
		this.#perSite.set(site, (this.#perSite.get(site) ?? 0) + 1);
	}

	/** It is confirmed, or has ended. Calling it again does nothing. */
	end(connection: Connection): void {
		const site = this.#charged.get(connection);
		if (site === undefined) {
			return;
		}
		this.#charged.delete(connection);
		const left = (this.#perSite.get(site) ?? 0) - 1;
		if (left <= 0) {
			this.#perSite.delete(site);
		} else {
			this.#perSite.set(site, left);
		}
	}
}
