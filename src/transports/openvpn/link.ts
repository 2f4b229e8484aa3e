import { networkInterfaces } from 'node:os';

import type { Hint } from '../../hint.js';
import type { Outcome } from '../../outcome.js';
import type { Clock } from '../../runtime/index.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	TransportName,
} from '../../transport.js';

import { SilenceWatch } from './silence.js';

export interface LinkParts {
	readonly transport: TransportName;
	readonly node: string;
	readonly clock: Clock;
	readonly livenessMs: number;
	/** The device's own address of the connection; empty where openvpn does not tell. */
	readonly localHost: string;
	readonly ended: Promise<Outcome>;
	/** @param isDead the link was asked for a sign of life and gave none */
	readonly close: (isDead: boolean) => Promise<void>;
	/** Called once, when nothing has come from the node for {@link LinkParts.livenessMs}. */
	readonly onSilent: (wasHeard: boolean) => void;
	/** Called at the end of a link through which something had come. */
	readonly onHeard: () => void;
}

/** A link that openvpn holds: nothing passes through this process, so there is no stream to wait for. */
export class OpenvpnLink implements Link {
	readonly transport: TransportName;
	readonly node: string;
	readonly ended: Promise<Outcome>;
	readonly #upAtMs: number;
	readonly #silence: SilenceWatch;
	/** Openvpn may run in another network namespace, whose addresses say nothing to us. */
	readonly #wasOwn: boolean;
	#bytesIn = 0;
	#bytesOut = 0;
	#isDead = false;
	#listener: LinkListener | undefined;
	#early: Hint[] = [];

	constructor(private readonly parts: LinkParts) {
		this.transport = parts.transport;
		this.node = parts.node;
		this.ended = parts.ended;
		this.#wasOwn = isOwn(parts.localHost);
		this.#upAtMs = parts.clock.monotonicMs();
		this.#silence = new SilenceWatch(
			parts.clock,
			parts.livenessMs,
			parts.onSilent,
		);
		void parts.ended.then(() => {
			this.#silence.stop();
			if (this.#silence.wasHeard) {
				parts.onHeard();
			}
		});
	}

	listen(listener: LinkListener): void {
		this.#listener = listener;
		const early = this.#early;
		this.#early = [];
		for (const hint of early) {
			listener.onHint(hint);
		}
	}

	stats(): LinkStats {
		return {
			ageMs: this.parts.clock.monotonicMs() - this.#upAtMs,
			bytesIn: this.#bytesIn,
			bytesOut: this.#bytesOut,
			openStreams: 0,
		};
	}

	/**
	 * Openvpn cannot be made to ask the node, so this waits for what the node sends by itself (`keepalive`): as long as that took at
	 * most, if it is longer than the deadline. A link whose own address the device no longer has is dead without that.
	 */
	async checkLiveness(deadlineMs: number): Promise<LinkSign> {
		const hasAddress = !this.#wasOwn || isOwn(this.parts.localHost);
		this.#isDead = !hasAddress || !(await this.#silence.hears(deadlineMs));
		return this.#isDead ? 'dead' : 'alive';
	}

	close(): Promise<void> {
		return this.parts.close(this.#isDead);
	}

	/** @internal */
	tell(hint: Hint): void {
		if (this.#listener) {
			this.#listener.onHint(hint);
		} else {
			this.#early.push(hint);
		}
	}

	/** @internal */
	count(bytesIn: number, bytesOut: number): void {
		this.#bytesIn = bytesIn;
		this.#bytesOut = bytesOut;
		this.#silence.report(bytesIn);
	}
}

/** Whether one of the interfaces that we see has the address. Over UDP openvpn is bound to none. */
function isOwn(address: string): boolean {
	return Object.values(networkInterfaces())
		.flat()
		.some((info) => info?.address === address);
}
