import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { toError } from '../../../errors.js';
import { AgentMetrics } from '../../../telemetry/metrics/agent-metrics.js';
import { bridgeToOpenTelemetry } from '../../../telemetry/metrics/otel.js';
import type { Verdict } from '../../../telemetry/health.js';
import { startHealthServer } from '../../../telemetry/server.js';
import { VERSION } from '../../../version.js';
import type { Log } from '../../log/log.js';
import { nothing, type Close, type Daemon } from './part.js';

/** Serves health, metrics and status, where they are asked for. */
export async function healthPart(
	{ agent, options, log, pausing }: Daemon,
	verdict: () => Verdict,
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
			health: verdict,
			metrics: () => metrics.render(),
			about: () => ({
				version: VERSION,
				pid: process.pid,
				paused: pausing.paused,
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
