import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AgentStatus } from '../agent/status.js';
import type { HealthAddress } from './address.js';
import { aFunction, checkOptions } from '../options.js';
import * as v from '../schema.js';
import { EXPOSITION_CONTENT_TYPE } from './metrics/exposition.js';
import { readiness, type Verdict } from './health.js';
import { serveLocally, type LocalServer } from './local-server.js';

/** Where {@link startHealthServer} listens, and whom it asks. */
export interface HealthServerOptions {
	readonly address: HealthAddress;
	/** The agent's own; `/status` and `/readyz`. */
	readonly status: () => AgentStatus;
	/** Whether the process works; `/healthz`. */
	readonly health: () => Verdict;
	/** The text of `/metrics`. */
	readonly metrics: () => string;
	/** Told by `/status` beside the agent's own. */
	readonly about?: () => Readonly<Record<string, unknown>>;
}

/** A server that listens, until it is closed. */
export type HealthServer = LocalServer;

/** What `/status` answers. */
export interface StatusReply extends AgentStatus {
	readonly ready: Verdict;
	readonly health: Verdict;
	readonly [about: string]: unknown;
}

type Reply = readonly [status: number, type: string, body: string];

const json = (status: number, body: unknown): Reply => [
	status,
	'application/json',
	`${JSON.stringify(body)}\n`,
];

function reply(options: HealthServerOptions, path: string): Reply {
	switch (path) {
		case '/healthz': {
			const verdict = options.health();
			return json(verdict.ok ? 200 : 503, verdict);
		}
		case '/readyz': {
			const verdict = readiness(options.status());
			return json(verdict.ok ? 200 : 503, verdict);
		}
		case '/metrics':
			return [200, EXPOSITION_CONTENT_TYPE, options.metrics()];
		case '/status': {
			const status = options.status();
			const body = {
				...options.about?.(),
				...status,
				ready: readiness(status),
				health: options.health(),
			} satisfies StatusReply;
			return json(200, body);
		}
		default:
			return json(404, {
				error: 'There are /healthz, /readyz, /metrics and /status.',
			});
	}
}

/** The names of this machine for itself, with or without a port. */
const OWN_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * A page in a browser on this machine may reach a loopback port by a name of its own that resolves there (DNS
 * rebinding); it cannot choose what the browser says as Host. A unix socket no browser reaches.
 */
function isForOthers({ address }: HealthServerOptions, host?: string): boolean {
	return 'port' in address && host !== undefined && !OWN_HOST.test(host);
}

function answerTo(
	options: HealthServerOptions,
	{ method, url, headers }: IncomingMessage,
): Reply {
	if (isForOthers(options, headers.host)) {
		return json(421, {
			error: 'Only this machine is answered, by its own name.',
		});
	}
	return method === 'GET' || method === 'HEAD'
		? reply(options, url?.split('?')[0] ?? '/')
		: json(405, { error: 'Only GET and HEAD are answered.' });
}

function serve(
	options: HealthServerOptions,
	incoming: IncomingMessage,
	response: ServerResponse,
): void {
	const [status, type, body] = answerTo(options, incoming);
	response.writeHead(status, {
		'content-type': type,
		'content-length': Buffer.byteLength(body),
		'cache-control': 'no-store',
		connection: 'close',
	});
	response.end(body);
	incoming.resume();
}

const isAddress = (value: unknown): boolean => {
	const { path, host, port } = (value ?? {}) as Record<string, unknown>;
	return typeof path === 'string'
		? true
		: typeof host === 'string' && Number.isInteger(port);
};

const schema = v.strictObject({
	address: v.custom<HealthAddress>(
		isAddress,
		"must be { path: '/run/...' } or { host: '127.0.0.1', port: 9090 }",
	),
	status: aFunction,
	health: aFunction,
	metrics: aFunction,
	about: v.optional(aFunction),
});

/** Its user and group may ask. */
const MODE = 0o660;

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/status` over HTTP on a unix socket (mode 0660) or a loopback
 * port. None of them holds a secret. Rejects where it cannot listen.
 */
export async function startHealthServer(
	options: HealthServerOptions,
): Promise<HealthServer> {
	checkOptions(schema, options, 'startHealthServer()');
	return await serveLocally(options.address, MODE, (incoming, response) => {
		serve(options, incoming, response);
	});
}
