import { networkInterfaces } from 'node:os';

import type { Hint } from '../../hint.js';
import type { Outcome } from '../../outcome.js';
import { localAddressTo } from '../../local-address.js';
import { wait, type Clock } from '../../runtime/index.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	TransportName,
} from '../../transport.js';

import type { Ends } from './ends.js';
import {
	ASKED_REPORT_SECONDS,
	reportSeconds,
	SilenceWatch,
} from './silence.js';
import { systemIsUnacknowledged } from './unacknowledged.js';

/** Over TCP: how often, and for how long, the system is asked whether anybody acknowledges what openvpn sends (a ping every 11 s). */
const ASK_SYSTEM_MS = 1000;
const ASK_SYSTEM_TIMES = 13;

/** For so long a link counts as dead once it gave no sign of life: whoever only asked may find it alive again. */
const VERDICT_MS = 10_000;

export interface LinkParts {
	readonly transport: TransportName;
	readonly node: string;
	readonly clock: Clock;
	readonly livenessMs: number;
	readonly ends: Ends;
	/** Makes openvpn tell its byte counts so often. */
	readonly report: (everySeconds: number) => void;
	readonly ended: Promise<Outcome>;
	/** @param isDead the link was asked for a sign of life just now, and gave none */
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
	/** @internal a test gives its own */
	system = { localAddressTo, isUnacknowledged: systemIsUnacknowledged };
	/** Openvpn may run in another network namespace, whose addresses say nothing to us. */
	readonly #wasOwn: boolean;
	#bytesIn = 0;
	#bytesOut = 0;
	#deadAtMs = -Infinity;
	readonly #over = new AbortController();
	#listener: LinkListener | undefined;
	#early: Hint[] = [];

	readonly #parts: LinkParts;

	constructor(parts: LinkParts) {
		this.#parts = parts;

		this.transport = parts.transport;
		this.node = parts.node;
		this.ended = parts.ended;
		this.#wasOwn = isOwn(parts.ends.localHost);
		this.#upAtMs = parts.clock.monotonicMs();
		this.#silence = new SilenceWatch(
			parts.clock,
			parts.livenessMs,
			parts.onSilent,
		);
		void parts.ended.then(() => {
			this.#silence.stop();
			this.#over.abort();
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
			ageMs: this.#parts.clock.monotonicMs() - this.#upAtMs,
			bytesIn: this.#bytesIn,
			bytesOut: this.#bytesOut,
			openStreams: 0,
		};
	}

	/**
	 * Openvpn cannot be made to ask the node, so this waits for what the node sends by itself (`keepalive`): as long as that took at
	 * most, if it is longer than the deadline. A link whose own address the device no longer has is dead without that, and
	 * one over TCP whose packets nobody acknowledges, though the node's may still come by an uplink that was left.
	 */
	async checkLiveness(deadlineMs: number): Promise<LinkSign> {
		if (!(await this.#isDead(deadlineMs))) {
			return 'alive';
		}
		this.#deadAtMs = this.#parts.clock.monotonicMs();
		return 'dead';
	}

	async #isDead(deadlineMs: number): Promise<boolean> {
		if (this.#wasOwn && !isOwn(this.#parts.ends.localHost)) {
			return true;
		}
		this.#parts.report(ASKED_REPORT_SECONDS);
		const unheard = this.#silence.hears(deadlineMs).then((heard) => !heard);
		const unacknowledged = this.#isUnacknowledged();
		// Whichever says first that it is dead; it lives once neither does.
		const isDead = await Promise.race([
			unheard.then((is) => is || unacknowledged),
			unacknowledged.then((is) => is || unheard),
		]);
		if (!this.#over.signal.aborted) {
			this.#parts.report(reportSeconds(this.#parts.livenessMs));
		}
		return isDead;
	}

	/** Only where the system would take another way now: else what the node sends says enough. */
	async #isUnacknowledged(): Promise<boolean> {
		const { ends, clock } = this.#parts;
		const { localAddressTo: wayTo, isUnacknowledged } = this.system;
		if (
			!this.#wasOwn ||
			ends.localPort === '' ||
			(await wayTo(ends.host)) === ends.localHost
		) {
			return false;
		}
		for (let i = 0; i < ASK_SYSTEM_TIMES; i++) {
			try {
				await wait(clock, ASK_SYSTEM_MS, this.#over.signal);
			} catch {
				return false;
			}
			if (isUnacknowledged(ends)) {
				return true;
			}
		}
		return false;
	}

	close(): Promise<void> {
		const sinceMs = this.#parts.clock.monotonicMs() - this.#deadAtMs;
		return this.#parts.close(sinceMs < VERDICT_MS);
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
