import type { AgentView } from '../../agent/agent-view.js';
import type { Labels, Metric } from './exposition.js';
import { Gauge } from './kinds.js';
import type { Traffic } from './traffic.js';
import { STATES } from './words.js';

type Sample = readonly [Labels, number];

/** One sample without labels, or none. */
const one = (value: number | undefined, per = 1): Sample[] =>
	value === undefined ? [] : [[{}, value / per]];

/** What is read when somebody asks: of the agent, of its link, and of the process. */
export function gaugesOf(
	agent: AgentView,
	traffic: Traffic,
	version: string,
): Metric[] {
	return [
		new Gauge(
			'cloudlink_build_info',
			'Always 1; the labels tell the version of the agent and of Node.',
			() => [[{ version, node: process.version }, 1]],
		),
		new Gauge(
			'cloudlink_state',
			'1 for the state that the agent is in, 0 for the others.',
			() => STATES.map((state) => [{ state }, state === agent.state ? 1 : 0]),
		),
		new Gauge(
			'cloudlink_next_attempt_seconds',
			'Until the next attempt; absent while none is waited for.',
			() => one(agent.status().waiting?.leftMs, 1000),
		),
		new Gauge(
			'cloudlink_link_age_seconds',
			'How long the current link has been up; absent without one.',
			() => one(traffic.stats?.ageMs, 1000),
		),
		new Gauge(
			'cloudlink_link_round_trip_seconds',
			'The last round trip to the node; absent where it is not known.',
			() => one(traffic.stats?.roundTripMs, 1000),
		),
		new Gauge(
			'cloudlink_link_open_streams',
			'Streams that are open through the current link.',
			() => one(traffic.stats?.openStreams ?? 0),
		),
		new Gauge(
			'cloudlink_receive_bytes_total',
			'Bytes that came through links.',
			() => one(traffic.bytesIn),
			'counter',
		),
		new Gauge(
			'cloudlink_transmit_bytes_total',
			'Bytes that went through links.',
			() => one(traffic.bytesOut),
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
				return one(user + system, 1e6);
			},
			'counter',
		),
	];
}
