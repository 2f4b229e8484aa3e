import type { Hint } from '../../hint.js';
import type { Outcome } from '../../outcome.js';
import type { Clock } from '../../runtime/index.js';
import type {
	Link,
	LinkListener,
	LinkStats,
	TransportName,
} from '../../transport.js';

import { SilenceWatch } from './silence.js';

export interface LinkParts {
	readonly transport: TransportName;
	readonly node: string;
	readonly clock: Clock;
	readonly livenessMs: number;
	readonly ended: Promise<Outcome>;
	readonly close: () => Promise<void>;
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
	#bytesIn = 0;
	#bytesOut = 0;
	#listener: LinkListener | undefined;
	#early: Hint[] = [];

	constructor(private readonly parts: LinkParts) {
		this.transport = parts.transport;
		this.node = parts.node;
		this.ended = parts.ended;
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

	close(): Promise<void> {
		return this.parts.close();
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
