import type { Address } from '../wire/address.js';
import type { CongestionController } from './congestion.js';
import { Cubic } from './cubic.js';
import type { RttEstimator } from './rtt.js';
import type { SentPacket } from './sent-packet.js';
import type { PacketSpace } from './space.js';
import type { ConnectionStats } from './stats.js';

export interface LossesParts {
	readonly datagramBytes: number;
	readonly rtt: Pick<RttEstimator, 'reset'>;
	readonly stats: Pick<ConnectionStats, 'lost' | 'moves'>;
}

/** What becomes of packets that did not arrive, and of the congestion window with them. */
export class Losses {
	#congestion: CongestionController;
	readonly #parts: LossesParts;

	constructor(parts: LossesParts) {
		this.#parts = parts;
		this.#congestion = new Cubic(parts.datagramBytes);
	}

	/** Asked each time, since a new path has a new one. */
	get congestion(): CongestionController {
		return this.#congestion;
	}

	/** Packets were lost to congestion: what they held goes out again, and the window shrinks. */
	onLost(space: PacketSpace, lost: readonly SentPacket[], nowMs: number): void {
		const last = lost.at(-1);
		if (!last) {
			return;
		}
		this.#resend(space, lost);
		this.#congestion.onLost(last.sentMs, nowMs, lost.length);
		if (space.recovery.isPersistent(lost)) {
			this.#congestion.onPersistentCongestion();
		}
	}

	/** What is in flight went under a key, or to an address, that no longer counts: it goes out again. */
	resendAll(space: PacketSpace): void {
		this.#resend(space, space.recovery.loseAll());
	}

	/** The other end answers from another address now; only another host is another path. */
	onMoved(space: PacketSpace, left: Address, to: Address): void {
		this.#parts.stats.moves++;
		this.resendAll(space);
		if (left.address !== to.address) {
			this.#congestion = new Cubic(this.#parts.datagramBytes);
			this.#parts.rtt.reset();
		}
	}

	#resend(space: PacketSpace, lost: readonly SentPacket[]): void {
		this.#parts.stats.lost += lost.length;
		space.resend(lost);
	}
}
