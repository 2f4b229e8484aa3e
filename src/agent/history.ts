import type { Outcome } from '../outcome.js';
import type { Clock } from '../runtime/index.js';
import type { TransportName } from '../transport.js';
import { follow, type AgentView } from './agent-view.js';

/** How many attempts are remembered, the newest. */
export const HISTORY_LENGTH = 20;

/** How something ended: no cause, which may hold anything, and nothing that grows. */
export type Ending = Pick<Outcome, 'kind' | 'code' | 'message'>;

/** One attempt and, where it led to a link, that link. */
export interface HistoryEntry {
	/** When the attempt began, in milliseconds since 1970 by this machine's clock. */
	readonly at: number;
	readonly transport: TransportName;
	/** `host:port`; undefined where the transport has no choice of node. */
	readonly node: string | undefined;
	/** How long the attempt took; undefined while it runs. */
	readonly tookMs: number | undefined;
	/** How long its link was the current one; undefined where there was none, or it still is. */
	readonly lastedMs: number | undefined;
	/** What it came to so far; `given-up`: another attempt was made instead, and nobody waited for this one. */
	readonly result: 'connecting' | 'up' | 'ended' | 'failed' | 'given-up';
	/** How the attempt failed, or its link ended. */
	readonly ending: Ending | undefined;
}

type Open = { -readonly [K in keyof HistoryEntry]: HistoryEntry[K] } & {
	startedMs: number;
};

/** The last attempts and links of an agent, with times and causes, for whoever asks later. */
export class History {
	readonly #clock: Clock;
	readonly #entries: Open[] = [];
	readonly #unfollow: () => void;

	constructor(agent: Pick<AgentView, 'on' | 'off'>, clock: Clock) {
		this.#clock = clock;
		this.#unfollow = follow(agent, {
			state: (state) => {
				if (state === 'stopped') {
					this.#settle({ result: 'given-up' });
				}
			},
			attempt: ({ transport, node }) => {
				this.#settle({ result: 'given-up' });
				this.#begin(transport, node);
			},
			up: ({ transport, node }) => {
				// A link that takes over again was not dialled now.
				if (this.#open?.transport !== transport) {
					this.#begin(transport, node);
				}
				this.#settle({ result: 'up', node });
			},
			down: ({ outcome, lastedMs, transport, node }) => {
				const entry = this.#entries.findLast(
					(one) =>
						one.result === 'up' &&
						one.transport === transport &&
						one.node === node,
				);
				if (entry) {
					const ending = endingOf(outcome);
					Object.assign(entry, { result: 'ended', lastedMs, ending });
				}
			},
			retry: ({ outcome }) => {
				this.failed(outcome);
			},
			warning: null,
		});
	}

	/** The newest last. */
	get entries(): readonly HistoryEntry[] {
		return this.#entries.map(({ startedMs: _, ...entry }) => entry);
	}

	/** The attempt that runs failed; for one that no `retry` follows. */
	failed(outcome: Outcome): void {
		this.#settle({ result: 'failed', ending: endingOf(outcome) });
	}

	close(): void {
		this.#unfollow();
	}

	get #open(): Open | undefined {
		const last = this.#entries.at(-1);
		return last?.result === 'connecting' ? last : undefined;
	}

	#begin(transport: TransportName, node: string | undefined): void {
		this.#entries.push({
			at: Math.round(this.#clock.wallMs()),
			startedMs: this.#clock.monotonicMs(),
			transport,
			node,
			tookMs: undefined,
			lastedMs: undefined,
			result: 'connecting',
			ending: undefined,
		});
		if (this.#entries.length > HISTORY_LENGTH) {
			this.#entries.shift();
		}
	}

	#settle(how: Partial<Open>): void {
		const open = this.#open;
		if (open) {
			const tookMs = this.#clock.monotonicMs() - open.startedMs;
			Object.assign(open, { tookMs, ...how });
		}
	}
}

const LONGEST_MESSAGE = 300;

const endingOf = ({ kind, code, message }: Outcome): Ending => ({
	kind,
	code,
	message: message.slice(0, LONGEST_MESSAGE),
});
