import { request } from 'node:http';
import type { Command } from 'commander';

import type { StatusReply } from '../../telemetry/server.js';
import type { HealthAddress } from '../../telemetry/address.js';
import { usageError } from '../exit.js';
import { readConfig } from '../settings/config-file.js';
import { defaultHealthPath } from '../settings/places.js';
import { SETTINGS } from '../settings/table.js';
import type { Env } from '../settings/types.js';

const REPLY_LIMIT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5000;

/** What says where the agent is found; the same for every command that asks it. */
export interface ClientFlags {
	readonly health?: string;
	readonly config?: string;
}

export function addClientOptions(command: Command): Command {
	return command
		.option(
			'--health <address>',
			`where the agent serves its health [${SETTINGS.health.env}]`,
		)
		.option(
			'--config <file>',
			"the agent's config.json, which may name that place [CLOUDLINK_CONFIG]",
		);
}

/** What config.json says of it. Whatever else may be wrong there is for `run` and `doctor` to tell. */
async function fromConfig(
	flags: ClientFlags,
	env: Env,
): Promise<string | undefined> {
	const config = await readConfig({ ...flags }, env).catch(() => undefined);
	const section = config?.cloudlink as { health?: unknown } | null | undefined;
	const value = section?.health;
	return typeof value === 'string' || typeof value === 'number'
		? String(value)
		: undefined;
}

/** Where the running agent serves its health: as told, or in the default place. */
export async function healthAddress(
	flags: ClientFlags,
	env: Env,
): Promise<HealthAddress> {
	const sources = [
		['--health', flags.health],
		[SETTINGS.health.env, env[SETTINGS.health.env]],
		['`cloudlink.health` in config.json', await fromConfig(flags, env)],
	] as const;
	const found = sources.find(([, text]) => text);
	if (!found) {
		return { path: defaultHealthPath(env) };
	}
	const [source, given] = found;
	const address = SETTINGS.health.parse(given!);
	if (address === 'none') {
		throw usageError(
			'The agent serves no health (none): there is nothing to ask.',
		);
	}
	if (!address) {
		throw usageError(`${source} must be ${SETTINGS.health.expected}.`);
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
