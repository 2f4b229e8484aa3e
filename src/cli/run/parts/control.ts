import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';

import { toError } from '../../../errors.js';
import { serveLocally } from '../../../telemetry/local-server.js';
import type { LogTail } from '../../log/tail.js';
import { nothing, type Close, type Daemon } from './part.js';

/** What a command came to. */
export interface ControlReply {
	readonly done: boolean;
	/** One sentence. */
	readonly reason: string;
}

/** Its user alone may command: on a device, root. */
const MODE = 0o600;

type Command = () => ControlReply | Promise<ControlReply>;

function commandsOf(
	{ agent, pausing }: Daemon,
	reload: () => Promise<ControlReply>,
): Readonly<Record<string, Command>> {
	const whilePaused = {
		done: false,
		reason: 'The agent is paused: `cloudlink-agent resume` ends that.',
	};
	return {
		'/reconnect': () => {
			if (pausing.paused) {
				return whilePaused;
			}
			const { ended, reason } = agent.reconnect();
			return { done: ended, reason };
		},
		'/pause': async () => {
			await pausing.pause();
			return {
				done: true,
				reason:
					'The agent is paused, until `cloudlink-agent resume` or until it starts anew.',
			};
		},
		'/resume': async () => {
			const { paused } = pausing;
			await pausing.resume();
			return {
				done: paused,
				reason: paused ? 'The agent goes on.' : 'The agent was not paused.',
			};
		},
		'/ping': async () => {
			const { answered, reason } = await agent.ping();
			return { done: answered, reason };
		},
		'/reload': reload,
	};
}

async function answer(
	commands: Readonly<Record<string, Command>>,
	tail: LogTail,
	{ method, url = '/' }: IncomingMessage,
): Promise<readonly [status: number, type: string, body: string]> {
	if (method === 'GET' && url === '/log') {
		return [200, 'text/plain; charset=utf-8', tail.toString()];
	}
	const command = method === 'POST' ? commands[url] : undefined;
	const known = Object.keys(commands).map((path) => `POST ${path}`);
	const reply: ControlReply = command
		? await command()
		: { done: false, reason: `There are GET /log, ${known.join(', ')}.` };
	const body = `${JSON.stringify(reply)}\n`;
	return [command ? 200 : 404, 'application/json', body];
}

/** Takes commands of whoever runs the agent, on a socket that nobody else may open. */
export async function controlPart(
	daemon: Daemon,
	tail: LogTail,
	reload: () => Promise<ControlReply>,
): Promise<Close> {
	const { log, options } = daemon;
	const { value: path, explicit } = options.control;
	if (path === undefined) {
		return nothing;
	}
	const commands = commandsOf(daemon, reload);
	const respond = async (
		incoming: IncomingMessage,
		response: ServerResponse,
	) => {
		incoming.resume();
		const [status, type, body] = await answer(commands, tail, incoming);
		if (incoming.method === 'POST' && status === 200) {
			log('notice', `Commanded: ${incoming.url}.`, { event: 'command' });
		}
		response.writeHead(status, { 'content-type': type, connection: 'close' });
		response.end(body);
	};
	try {
		if (!explicit) {
			mkdirSync(dirname(path), { recursive: true });
		}
		const server = await serveLocally({ path }, MODE, (incoming, response) => {
			respond(incoming, response).catch((error: unknown) => {
				response.writeHead(500).end(`${toError(error).message}\n`);
			});
		});
		return async () => {
			await server.close();
		};
	} catch (error) {
		log(
			explicit ? 'warning' : 'info',
			`Commands cannot be taken: ${toError(error).message}. Choose another place with --control, or none.`,
		);
		return nothing;
	}
}
