import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import {
	createServer,
	request,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import type { AgentStatus } from '../agent/status.js';
import type { HealthAddress } from './address.js';
import { EXPOSITION_CONTENT_TYPE } from './metrics/exposition.js';
import { readiness, type Verdict } from './health.js';

export interface HealthServerOptions {
	readonly address: HealthAddress;
	readonly status: () => AgentStatus;
	/** Whether the process works; `/healthz`. */
	readonly health: () => Verdict;
	/** The text of `/metrics`. */
	readonly metrics: () => string;
	/** Told by `/status` beside the agent's own. */
	readonly about?: () => Readonly<Record<string, unknown>>;
}

export interface HealthServer {
	/** Where it listens, with the port that was given by the system. */
	readonly address: HealthAddress;
	close(): Promise<void>;
}

/** What `/status` answers. */
export interface StatusReply extends AgentStatus {
	readonly ready: Verdict;
	readonly health: Verdict;
	readonly [about: string]: unknown;
}

const CONNECTIONS_LIMIT = 32;
const REQUEST_TIMEOUT_MS = 5000;

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

function serve(
	options: HealthServerOptions,
	incoming: IncomingMessage,
	response: ServerResponse,
): void {
	const isRead = incoming.method === 'GET' || incoming.method === 'HEAD';
	const [status, type, body] = isRead
		? reply(options, incoming.url?.split('?')[0] ?? '/')
		: json(405, { error: 'Only GET and HEAD are answered.' });
	response.writeHead(status, {
		'content-type': type,
		'content-length': Buffer.byteLength(body),
		'cache-control': 'no-store',
		connection: 'close',
	});
	response.end(body);
	incoming.resume();
}

function listen(server: Server, address: HealthAddress): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(address, () => {
			server.off('error', reject);
			resolve();
		});
	});
}

function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const probe = request({
			socketPath: path,
			path: '/healthz',
			timeout: 2000,
		});
		probe.on('response', (response) => {
			response.resume();
			resolve(true);
		});
		probe.on('timeout', () => {
			probe.destroy();
		});
		probe.on('error', () => {
			resolve(false);
		});
		probe.end();
	});
}

/** A socket that nobody listens on is left over from a run that was killed. */
async function sweep(path: string): Promise<void> {
	const stat = lstatSync(path, { throwIfNoEntry: false });
	if (stat?.isSocket() && !(await answers(path))) {
		unlinkSync(path);
	}
}

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/status` over HTTP on a unix socket (mode 0660) or a loopback
 * port. None of them holds a secret. Rejects where it cannot listen.
 */
export async function startHealthServer(
	options: HealthServerOptions,
): Promise<HealthServer> {
	const { address } = options;
	const server = createServer((incoming, response) => {
		serve(options, incoming, response);
	});
	server.maxConnections = CONNECTIONS_LIMIT;
	server.requestTimeout = REQUEST_TIMEOUT_MS;
	server.headersTimeout = REQUEST_TIMEOUT_MS;
	if ('path' in address) {
		await sweep(address.path);
	}
	await listen(server, address);
	if ('path' in address) {
		chmodSync(address.path, 0o660);
	}
	return {
		address:
			'path' in address
				? address
				: { ...address, port: (server.address() as AddressInfo).port },
		close: () =>
			new Promise((resolve) => {
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			}),
	};
}
