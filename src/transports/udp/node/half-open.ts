import { siteOf } from './prefix.js';

/** A connection whose device has not logged in yet. */
export interface Newcomer {
	/** Not one byte of a handshake has come. */
	readonly isSilent: boolean;
}

export interface HalfOpenLimits {
	/** In all, and from one IPv4 address or IPv6 /56. */
	readonly halfOpen: number;
	readonly halfOpenPerAddress: number;
}

/** A handshake and a login get this long before another of the same weight may push them out. */
const PROTECTED_MS = 2000;
/** A site that has so many times what the newcomer's has, and so many more, is a flood: its oldest goes at once. */
const FLOOD_FACTOR = 2;
const FLOOD_MORE = 8;

/**
 * What a node has spent on devices that have shown nothing yet, by site. When there is no room the oldest of the site with the most
 * goes, one that is silent first: so a flood pushes out itself, and devices of other sites get in.
 */
export class HalfOpen<C extends Newcomer> {
	readonly #limits: HalfOpenLimits;
	readonly #siteOf = new Map<C, string>();
	/** By site, the oldest first, with the time when each began. */
	readonly #sites = new Map<string, Map<C, number>>();

	constructor(limits: HalfOpenLimits) {
		this.#limits = limits;
	}

	get size(): number {
		return this.#siteOf.size;
	}

	begin(connection: C, address: string, nowMs: number): void {
		const site = siteOf(address);
		this.#siteOf.set(connection, site);
		const ofSite = this.#sites.get(site) ?? new Map<C, number>();
		this.#sites.set(site, ofSite.set(connection, nowMs));
	}

	/** It has logged in, or has ended. Calling it again does nothing. */
	end(connection: C): void {
		const site = this.#siteOf.get(connection);
		if (site === undefined) {
			return;
		}
		this.#siteOf.delete(connection);
		const ofSite = this.#sites.get(site)!;
		ofSite.delete(connection);
		if (ofSite.size === 0) {
			this.#sites.delete(site);
		}
	}

	/**
	 * Whether a newcomer from there finds room: at once ('free'), in the place of another, or not at all. `isTableFull`: there is no room
	 * for one more connection of any kind.
	 */
	roomFor(
		address: string,
		nowMs: number,
		isTableFull: boolean,
	): 'free' | 'full' | C {
		const { halfOpen, halfOpenPerAddress } = this.#limits;
		const own = this.#sites.get(siteOf(address));
		if (own && own.size >= halfOpenPerAddress) {
			return this.#oldest(own, nowMs - PROTECTED_MS);
		}
		if (!isTableFull && this.size < halfOpen) {
			return 'free';
		}
		let largest: Map<C, number> | undefined;
		for (const ofSite of this.#sites.values()) {
			largest = ofSite.size > (largest?.size ?? 0) ? ofSite : largest;
		}
		const isFlood =
			(largest?.size ?? 0) > FLOOD_FACTOR * (own?.size ?? 0) + FLOOD_MORE;
		return this.#oldest(largest, isFlood ? nowMs : nowMs - PROTECTED_MS);
	}

	#oldest(ofSite: Map<C, number> | undefined, beganByMs: number): 'full' | C {
		let oldest: C | undefined;
		for (const [connection, beganMs] of ofSite ?? []) {
			if (beganMs > beganByMs) {
				break;
			}
			if (connection.isSilent) {
				return connection;
			}
			oldest ??= connection;
		}
		return oldest ?? 'full';
	}
}
