import type { Outcome } from '../outcome.js';
import type { Clock } from '../runtime/index.js';
import type { TransportName } from '../transport.js';
import { follow, type AgentView } from './agent-view.js';
import type { Ending, HistoryEntry } from './history-entry.js';

/** How many attempts are remembered, the newest. */
export const HISTORY_LENGTH = 20;

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
			failed: ({ outcome }) => {
				this.#settle({ result: 'failed', ending: endingOf(outcome) });
			},
			// The attempt, or the link, that it follows has told its own end.
			retry: null,
			warning: null,
		});
	}

	/** The newest last. */
	get entries(): readonly HistoryEntry[] {
		return this.#entries.map(({ startedMs: _, ...entry }) => entry);
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
