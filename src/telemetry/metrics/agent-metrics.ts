import { checkAgent, follow, type AgentView } from '../../agent/agent-view.js';
import { systemClock, type Clock } from '../../runtime/index.js';
import { checkOptions, clock } from '../../options.js';
import * as v from '../../schema.js';
import type { TransportName } from '../../transport.js';
import { renderMetrics, type Metric } from './exposition.js';
import { gaugesOf } from './gauges.js';
import { Counter, Histogram } from './kinds.js';
import { Traffic } from './traffic.js';
import { OUTCOME_KINDS } from './words.js';

const DIAL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const WAIT_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600];
const LINK_SECONDS = [60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600];

/** What {@link AgentMetrics} needs. */
export interface AgentMetricsOptions {
	/** Shown by `cloudlink_build_info`. */
	readonly version: string;
	readonly clock?: Clock;
}

const schema = v.strictObject({
	version: v.string('must be a string'),
	clock: v.optional(clock),
});

/**
 * An agent's metrics, fed by its events. Units are seconds and bytes; labels come from fixed lists (transport,
 * outcome, law, state, code), never from the network, and never hold the device's uuid. `docs/metrics.md` lists
 * them, and a test holds the two against each other.
 */
export class AgentMetrics {
	readonly metrics: readonly Metric[];
	readonly #clock: Clock;
	readonly #traffic = new Traffic();
	/** When the running attempt of each transport began. */
	readonly #dialledMs = new Map<TransportName, number>();
	readonly #unfollow: () => void;

	readonly #attempts = new Counter(
		'cloudlink_connect_attempts_total',
		'Attempts to dial a node, by transport.',
	);
	readonly #connected = new Counter(
		'cloudlink_links_total',
		'Links that became current, by transport.',
	);
	readonly #dialSeconds = new Histogram(
		'cloudlink_connect_duration_seconds',
		'How long the attempts took that led to a link.',
		DIAL_SECONDS,
	);
	readonly #ended = new Counter(
		'cloudlink_links_ended_total',
		'Current links that ended or were replaced, by transport and outcome.',
	);
	readonly #linkSeconds = new Histogram(
		'cloudlink_link_duration_seconds',
		'How long links lived.',
		LINK_SECONDS,
	);
	readonly #outcomes = new Counter(
		'cloudlink_outcomes_total',
		'Outcomes that a wait followed, by kind.',
		OUTCOME_KINDS.map((outcome) => ({ outcome })),
	);
	readonly #waitSeconds = new Histogram(
		'cloudlink_wait_seconds',
		'Waits before an attempt, by the law that they followed.',
		WAIT_SECONDS,
	);
	readonly #warnings = new Counter(
		'cloudlink_warnings_total',
		'Things that are wrong and that the agent lives with, by code.',
	);

	constructor(agent: AgentView, options: AgentMetricsOptions) {
		checkAgent(agent, 'AgentMetrics');
		checkOptions(schema, options, 'AgentMetrics');
		this.#clock = options.clock ?? systemClock;
		this.metrics = [
			...gaugesOf(agent, this.#traffic, options.version),
			this.#attempts,
			this.#connected,
			this.#dialSeconds,
			this.#ended,
			this.#linkSeconds,
			this.#outcomes,
			this.#waitSeconds,
			this.#warnings,
		];
		this.#unfollow = this.#follow(agent);
	}

	/** The text for a scrape. */
	render(): string {
		return renderMetrics(this.metrics);
	}

	/** Stops listening. */
	close(): void {
		this.#unfollow();
	}

	#follow(agent: AgentView): () => void {
		return follow(agent, {
			// A gauge shows it.
			state: null,
			attempt: ({ transport }) => {
				this.#attempts.add({ transport });
				this.#dialledMs.set(transport, this.#clock.monotonicMs());
			},
			// A wait that follows it is counted; what is tried beside a live link is no outage.
			failed: null,
			up: (link) => {
				const { transport } = link;
				this.#connected.add({ transport });
				const dialledMs = this.#dialledMs.get(transport);
				if (dialledMs !== undefined) {
					const tookMs = this.#clock.monotonicMs() - dialledMs;
					this.#dialSeconds.observe({ transport }, tookMs / 1000);
				}
				this.#traffic.follow(link);
			},
			down: ({ transport, outcome, lastedMs }) => {
				this.#ended.add({ transport, outcome: outcome.kind });
				this.#linkSeconds.observe({ transport }, lastedMs / 1000);
				this.#traffic.follow(undefined);
			},
			retry: ({ outcome, law, delayMs }) => {
				this.#outcomes.add({ outcome: outcome.kind });
				this.#waitSeconds.observe({ law }, delayMs / 1000);
			},
			warning: ({ code }) => {
				this.#warnings.add({ code });
			},
		});
	}
}
