import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname } from 'node:path';

import type { CloudlinkAgent } from '../agent/agent.js';
import type { DeviceConfig } from '../device/config-json.js';
import { watchConfigJson } from '../device/config-watch.js';
import { watchNetwork } from '../device/network-watch.js';
import { StatusMarker } from '../device/status-marker.js';
import type { ServiceNotifier } from '../device/systemd.js';
import { toError } from '../errors.js';
import { readiness } from '../telemetry/health.js';
import { AgentMetrics } from '../telemetry/metrics.js';
import { bridgeToOpenTelemetry } from '../telemetry/otel.js';
import { ProgressWatch } from '../telemetry/progress-watch.js';
import { startHealthServer } from '../telemetry/server.js';
import { VERSION } from '../version.js';
import type { Level, Log } from './log.js';
import type { RunOptions } from './run-options.js';

/** What a part of the daemon needs. */
export interface Daemon {
	readonly agent: CloudlinkAgent;
	readonly options: RunOptions;
	readonly log: Log;
	readonly notifier: ServiceNotifier;
}

/** Ends a part; afterwards nothing of it is left. */
export type Close = () => void | Promise<void>;

/** The end of a part that was never there. */
const nothing = () => undefined;

/** Where nobody asked for the marker and its folder is not there, the device has no use for it. */
function lossOf(explicit: boolean, { code }: NodeJS.ErrnoException): Level {
	return !explicit && code === 'ENOENT' ? 'debug' : 'warning';
}

export function markerPart({ agent, options, log }: Daemon): Close {
	const { value: path, explicit } = options.marker;
	if (path === undefined) {
		return nothing;
	}
	const marker = new StatusMarker({
		path,
		onProblem: (problem) => {
			log(
				lossOf(explicit, problem),
				`The status marker cannot be kept: ${problem.message}. Its folder is the system's to make.`,
			);
		},
	});
	const unfollow = marker.follow(agent);
	// However the process ends, short of SIGKILL, the marker must not stay behind.
	const onExit = () => {
		marker.set(false);
	};
	process.on('exit', onExit);
	return () => {
		process.off('exit', onExit);
		unfollow();
	};
}

/** Signs of life for the service manager, and one line of status; also what `/healthz` asks. */
export function watchdogPart({ agent, log, notifier }: Daemon): {
	progress: ProgressWatch;
	close: Close;
} {
	const { watchdogMs } = notifier;
	let wasSound = true;
	const progress = new ProgressWatch(agent, {
		intervalMs: watchdogMs === undefined ? undefined : watchdogMs / 2,
		onLook: ({ ok, reason }) => {
			if (ok) {
				notifier.watchdog();
			} else if (wasSound) {
				log('error', `The agent is stuck. ${reason}`);
			}
			wasSound = ok;
		},
	});
	const onState = () => {
		notifier.status(readiness(agent.status()).reason);
	};
	agent.on('state', onState);
	return {
		progress,
		close: () => {
			agent.off('state', onState);
			progress.close();
		},
	};
}

export async function healthPart(
	{ agent, options, log }: Daemon,
	progress: ProgressWatch,
): Promise<Close> {
	const metrics = new AgentMetrics(agent, { version: VERSION });
	const { value: address, explicit } = options.health;
	const unbridge = options.otel ? await otelPart(metrics, log) : nothing;
	const closeMetrics = () => {
		unbridge();
		metrics.close();
	};
	if (address === undefined) {
		return closeMetrics;
	}
	const startedMs = process.uptime() * 1000;
	try {
		if ('path' in address && !explicit) {
			mkdirSync(dirname(address.path), { recursive: true });
		}
		const server = await startHealthServer({
			address,
			status: () => agent.status(),
			health: () => progress.verdict,
			metrics: () => metrics.render(),
			about: () => ({
				version: VERSION,
				pid: process.pid,
				uptimeMs: Math.round(process.uptime() * 1000 - startedMs),
			}),
		});
		const where = server.address;
		log(
			'info',
			`Health is served on ${'path' in where ? where.path : `http://${where.host}:${where.port}`}.`,
		);
		return async () => {
			await server.close();
			closeMetrics();
		};
	} catch (error) {
		log(
			'warning',
			`Health cannot be served: ${toError(error).message}. Choose another place with --health, or none.`,
		);
		return closeMetrics;
	}
}

async function otelPart(metrics: AgentMetrics, log: Log): Promise<() => void> {
	try {
		const api = await import('@opentelemetry/api');
		return bridgeToOpenTelemetry(metrics.metrics, api, VERSION);
	} catch {
		log(
			'warning',
			'There is no @opentelemetry/api beside cloudlink-agent: install it, or leave out --otel.',
		);
		return nothing;
	}
}

const LOOPBACK = /^(127\.|localhost:|\[::1\])/;

export function networkPart({ agent, options, log }: Daemon): Close {
	const { nodes } = options;
	// A node on the device itself is reached without any network.
	if (nodes.length > 0 && nodes.every((node) => LOOPBACK.test(node))) {
		return nothing;
	}
	const watch = watchNetwork({
		agent,
		targets: nodes
			.map((node) => node.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))
			.filter((host) => isIP(host) !== 0),
		onNetwork: ({ up, reason }) => {
			log(up ? 'info' : 'warning', reason, { event: 'network', up });
		},
		onClock: (reason) => {
			log('notice', reason, { event: 'clock' });
		},
	});
	return () => {
		watch.close();
	};
}

/** Takes over what changes in config.json; `reread` brings it together with flags and environment again. */
export function configPart(
	{ agent, log }: Daemon,
	config: DeviceConfig | undefined,
	reread: (config: DeviceConfig) => Pick<RunOptions, 'device' | 'nodes'>,
): Close {
	if (config === undefined) {
		return nothing;
	}
	const onProblem = (problem: Error) => {
		log(
			'warning',
			`The change of config.json is not taken over. ${problem.message}`,
		);
	};
	const watch = watchConfigJson({
		current: config,
		onProblem,
		onChange: (change) => {
			try {
				const { device, nodes } = reread(change.config);
				agent.update({ device, nodes });
			} catch (error) {
				onProblem(toError(error));
				return;
			}
			const later = change.parts.some(
				(part) => part === 'ca' || part === 'settings',
			);
			log(
				'notice',
				`config.json changed: ${change.parts.join(', ')}.${later ? ' The authority and the settings take effect at the next start.' : ''}`,
				{ event: 'config', parts: change.parts },
			);
		},
	});
	return () => {
		watch.close();
	};
}
