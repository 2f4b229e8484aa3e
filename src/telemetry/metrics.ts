import type {
	AttemptEvent,
	DownEvent,
	LinkView,
	RetryEvent,
} from '../agent/events.js';
import type { StateName } from '../agent/state.js';
import type { CloudlinkError } from '../errors.js';
import { systemClock, type Clock } from '../runtime/index.js';
import type { LinkStats, TransportName } from '../transport.js';
import type { AgentView } from '../agent/agent-view.js';
import {
	Counter,
	Gauge,
	Histogram,
	renderMetrics,
	type Labels,
	type Metric,
} from './exposition.js';

const STATES: readonly StateName[] = [
	'stopped',
	'waiting',
	'connecting',
	'up',
	'draining',
];

const DIAL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const WAIT_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600];
const LINK_SECONDS = [60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600];

export interface AgentMetricsOptions {
	/** Shown by `cloudlink_build_info`. */
	readonly version: string;
	readonly clock?: Clock;
}

/**
 * An agent's metrics, fed by its events. Units are seconds and bytes; labels come from fixed lists (transport,
 * outcome, law, state, code), never from the network, and never hold the device's uuid. `docs/metrics.md` lists
 * them, and a test holds the two against each other.
 */
export class AgentMetrics {
	readonly metrics: readonly Metric[];
	readonly #agent: AgentView;
	readonly #clock: Clock;
	readonly #listeners: ReadonlyArray<() => void>;

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

	/** When the running attempt of each transport began. */
	readonly #dialledMs = new Map<TransportName, number>();
	/** The current link, and what earlier ones have moved. */
	#link: LinkView | undefined;
	#lastStats: LinkStats | undefined;
	#bytesBefore = { in: 0, out: 0 };

	constructor(agent: AgentView, options: AgentMetricsOptions) {
		this.#agent = agent;
		this.#clock = options.clock ?? systemClock;
		this.metrics = [
			...this.#gauges(options.version),
			this.#attempts,
			this.#connected,
			this.#dialSeconds,
			this.#ended,
			this.#linkSeconds,
			this.#outcomes,
			this.#waitSeconds,
			this.#warnings,
		];
		this.#listeners = this.#listen();
	}

	/** The text for a scrape. */
	render(): string {
		return renderMetrics(this.metrics);
	}

	/** Stops listening. */
	close(): void {
		this.#listeners.forEach((remove) => {
			remove();
		});
	}

	#listen(): Array<() => void> {
		const agent = this.#agent;
		const onAttempt = ({ transport }: AttemptEvent) => {
			this.#attempts.add({ transport });
			this.#dialledMs.set(transport, this.#clock.monotonicMs());
		};
		const onUp = (link: LinkView) => {
			this.#onUp(link);
		};
		const onDown = ({ transport, outcome, lastedMs }: DownEvent) => {
			this.#ended.add({ transport, outcome: outcome.kind });
			this.#linkSeconds.observe({ transport }, lastedMs / 1000);
			this.#closeBytes();
		};
		const onRetry = ({ outcome, law, delayMs }: RetryEvent) => {
			this.#outcomes.add({ outcome: outcome.kind });
			this.#waitSeconds.observe({ law }, delayMs / 1000);
		};
		const onWarning = ({ code }: CloudlinkError) => {
			this.#warnings.add({ code });
		};
		agent.on('attempt', onAttempt);
		agent.on('up', onUp);
		agent.on('down', onDown);
		agent.on('retry', onRetry);
		agent.on('warning', onWarning);
		return [
			() => agent.off('attempt', onAttempt),
			() => agent.off('up', onUp),
			() => agent.off('down', onDown),
			() => agent.off('retry', onRetry),
			() => agent.off('warning', onWarning),
		];
	}

	#onUp(link: LinkView): void {
		const { transport } = link;
		this.#connected.add({ transport });
		const dialledMs = this.#dialledMs.get(transport);
		if (dialledMs !== undefined) {
			this.#dialSeconds.observe(
				{ transport },
				(this.#clock.monotonicMs() - dialledMs) / 1000,
			);
		}
		this.#closeBytes();
		this.#link = link;
	}

	#stats(): LinkStats | undefined {
		this.#lastStats = this.#link?.stats() ?? this.#lastStats;
		return this.#link && this.#lastStats;
	}

	/** What the link has moved so far is kept, so that the totals never go back. */
	#closeBytes(): void {
		const stats = this.#stats();
		this.#bytesBefore.in += stats?.bytesIn ?? 0;
		this.#bytesBefore.out += stats?.bytesOut ?? 0;
		this.#link = undefined;
		this.#lastStats = undefined;
	}

	#gauges(version: string): Metric[] {
		const one = (value: number | undefined): Array<[Labels, number]> =>
			value === undefined ? [] : [[{}, value]];
		return [
			new Gauge(
				'cloudlink_build_info',
				'Always 1; the labels tell the version of the agent and of Node.',
				() => [[{ version, node: process.version }, 1]],
			),
			new Gauge(
				'cloudlink_state',
				'1 for the state that the agent is in, 0 for the others.',
				() => {
					const { state } = this.#agent;
					return STATES.map((name) => [
						{ state: name },
						name === state ? 1 : 0,
					]);
				},
			),
			new Gauge(
				'cloudlink_next_attempt_seconds',
				'Until the next attempt; absent while none is waited for.',
				() => {
					const { waiting } = this.#agent.status();
					return one(waiting && waiting.leftMs / 1000);
				},
			),
			new Gauge(
				'cloudlink_link_age_seconds',
				'How long the current link has been up; absent without one.',
				() => {
					const stats = this.#stats();
					return one(stats && stats.ageMs / 1000);
				},
			),
			new Gauge(
				'cloudlink_link_round_trip_seconds',
				'The last round trip to the node; absent where it is not known.',
				() => {
					const ms = this.#stats()?.roundTripMs;
					return one(ms === undefined ? undefined : ms / 1000);
				},
			),
			new Gauge(
				'cloudlink_link_open_streams',
				'Streams that are open through the current link.',
				() => one(this.#stats()?.openStreams ?? 0),
			),
			new Gauge(
				'cloudlink_receive_bytes_total',
				'Bytes that came through links.',
				() => one(this.#bytesBefore.in + (this.#stats()?.bytesIn ?? 0)),
				'counter',
			),
			new Gauge(
				'cloudlink_transmit_bytes_total',
				'Bytes that went through links.',
				() => one(this.#bytesBefore.out + (this.#stats()?.bytesOut ?? 0)),
				'counter',
			),
			new Gauge(
				'process_resident_memory_bytes',
				'Memory of the process that is in RAM.',
				() => one(process.memoryUsage.rss()),
			),
			new Gauge(
				'process_cpu_seconds_total',
				'CPU time of the process, user and system.',
				() => {
					const { user, system } = process.cpuUsage();
					return one((user + system) / 1e6);
				},
				'counter',
			),
		];
	}
}
