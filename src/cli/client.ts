import { request } from 'node:http';

import type { StatusReply } from '../telemetry/server.js';
import {
	parseHealthAddress,
	type HealthAddress,
} from '../telemetry/address.js';
import { usageError } from './exit.js';
import { defaultHealthPath } from './run-options.js';
import type { Env } from './sources.js';

const REPLY_LIMIT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5000;

/** Where the running agent serves its health: as told, or in the default place. */
export function healthAddress(
	flag: string | undefined,
	env: Env,
): HealthAddress {
	const given = flag ?? env.CLOUDLINK_HEALTH;
	if (given === 'none') {
		throw usageError(
			'The agent serves no health (none): there is nothing to ask.',
		);
	}
	if (!given) {
		return { path: defaultHealthPath(env) };
	}
	const address = parseHealthAddress(given);
	if (!address) {
		throw usageError(
			`${flag ? '--health' : 'CLOUDLINK_HEALTH'} must be a path with a slash, a port, or a loopback address and port.`,
		);
	}
	return address;
}

/** Asks the running agent; rejects where none answers. */
export function fetchStatus(address: HealthAddress): Promise<StatusReply> {
	return new Promise((resolve, reject) => {
		const target = 'path' in address ? { socketPath: address.path } : address;
		const outgoing = request({
			...target,
			path: '/status',
			timeout: TIMEOUT_MS,
		});
		outgoing.on('error', reject);
		outgoing.on('timeout', () => {
			outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
		});
		outgoing.on('response', (response) => {
			let body = '';
			response.setEncoding('utf8');
			response.on('data', (chunk: string) => {
				body += chunk;
				if (body.length > REPLY_LIMIT_BYTES) {
					outgoing.destroy(new Error('the answer is too long'));
				}
			});
			response.on('end', () => {
				const reply = statusFrom(body);
				if (reply) {
					resolve(reply);
				} else {
					reject(new Error('the answer is not from cloudlink-agent'));
				}
			});
			response.on('error', reject);
		});
		outgoing.end();
	});
}

/** Something else may listen there. */
function statusFrom(body: string): StatusReply | undefined {
	try {
		const reply = JSON.parse(body) as Partial<StatusReply> | null;
		return reply?.state && reply.ready && reply.health
			? (reply as StatusReply)
			: undefined;
	} catch {
		return undefined;
	}
}

/** What to say when no agent answers. */
export function noAgent(address: HealthAddress, problem: Error): string {
	const where =
		'path' in address ? address.path : `${address.host}:${address.port}`;
	return `No agent answers on ${where} (${problem.message}). Start one with \`cloudlink-agent run\`, or name its place with --health.`;
}
