import type { Outcome } from '../outcome.js';
import type { Clock, Timer } from '../runtime/index.js';
import type { Target } from '../decisions/index.js';
import type { Link, LinkStats } from '../transport.js';
import { debug } from './debug.js';
import type { LinkView } from './events.js';

/** A link that the agent holds, with what the agent knows of it. */
export interface Held {
	readonly link: Link;
	readonly view: LinkView;
	/** What was dialled. */
	readonly target: Target;
	/** In whose name it was made. */
	readonly uuid: string;
	readonly upAtMs: number;
	/** Set once the link was told to go. */
	notice?: Outcome;
	over: boolean;
	/** Of the bytes it has moved, those charged to the budget: a standby may become the current link again. */
	chargedBytes: number;
}

export function hold(
	link: Link,
	target: Target,
	uuid: string,
	nowMs: number,
): Held {
	const view: LinkView = Object.freeze({
		transport: link.transport,
		node: link.node,
		stats: (): LinkStats => link.stats(),
	});
	const held: Held = {
		link,
		view,
		target,
		uuid,
		upAtMs: nowMs,
		over: false,
		chargedBytes: 0,
	};
	// `ended` never rejects.
	void link.ended.then(() => {
		held.over = true;
	});
	return held;
}

/** Ends a link. A transport of somebody else's may break the rule that closing never rejects. */
export async function closeLink(link: Link, graceMs: number): Promise<void> {
	try {
		await link.close(graceMs);
	} catch (thrown) {
		debug('closing a link failed: %o', thrown);
	}
}

/**
 * The links that are no longer the agent's current one, and have not ended: a standby that could take over
 * again, and retired ones that finish the streams they serve.
 */
export class OldLinks {
	readonly #clock: Clock;
	readonly #retired = new Set<Held>();
	#standby: { held: Held; timer: Timer; graceMs: number } | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Lets a link serve on without new streams, for `graceMs` at most. */
	retire(held: Held, graceMs: number): void {
		if (held.over) {
			return;
		}
		this.#retired.add(held);
		void held.link.ended.then(() => this.#retired.delete(held));
		void closeLink(held.link, graceMs);
	}

	/** Keeps a link whole for `standbyMs`, in case its successor fails young; then retires it. */
	keepStandby(
		held: Held,
		standbyMs: number,
		graceMs: number,
		onEnded: () => void,
	): void {
		this.#retireStandby();
		const timer = this.#clock.setTimer(standbyMs, () => {
			this.#retireStandby();
		});
		this.#standby = { held, timer, graceMs };
		void held.link.ended.then(() => {
			if (this.#standby?.held === held) {
				this.takeStandby();
				onEnded();
			}
		});
	}

	/** Takes the standby back, if there is one. */
	takeStandby(): Held | undefined {
		const standby = this.#standby;
		standby?.timer.cancel();
		this.#standby = undefined;
		return standby?.held;
	}

	/** Ends them all; resolves when nothing is left. */
	async close(graceMs: number): Promise<void> {
		const standby = this.takeStandby();
		const all = [...this.#retired, ...(standby ? [standby] : [])];
		await Promise.all(
			all.map(async ({ link }) => {
				await closeLink(link, graceMs);
			}),
		);
	}

	#retireStandby(): void {
		const standby = this.#standby;
		if (standby) {
			standby.timer.cancel();
			this.#standby = undefined;
			this.retire(standby.held, standby.graceMs);
		}
	}
}
