import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { systemClock } from '../../runtime/index.js';
import { join } from '../../tunnel/pump.js';
import { forward } from './proxy-forward.js';
import { reach, type ProxyRefusal } from './proxy-target.js';
import type { Registry } from './registry.js';

/** What is buffered for a slow side, each way, before the fast one is paused. */
const HIGH_WATER_BYTES = 256 * 1024;

/**
 * The way from the cloud to a device: an HTTP proxy on loopback. It takes `CONNECT <uuid>.balena:<port>`
 * (ssh, `curl -p`), and for plain HTTP also requests in absolute form (`curl -x`).
 */
export class ConnectProxy {
	readonly #registry: Registry;
	readonly #server: http.Server;
	readonly #sockets = new Set<Socket>();
	#port = 0;

	constructor(registry: Registry) {
		this.#registry = registry;
		this.#server = http.createServer((request, response) => {
			this.#onRequest(request, response);
		});
		this.#server.on('connection', (socket) => {
			this.#sockets.add(socket);
			socket.on('close', () => this.#sockets.delete(socket));
		});
		this.#server.on('connect', (request, socket, head) => {
			void this.#onConnect(request, socket, head);
		});
	}

	/** Also where it listened, once it is closed. */
	get port(): number {
		return this.#port;
	}

	async listen(port: number): Promise<void> {
		this.#server.listen(port, '127.0.0.1');
		await once(this.#server, 'listening');
		this.#port = (this.#server.address() as AddressInfo).port;
	}

	async close(): Promise<void> {
		const closed = new Promise<void>((resolve) => {
			this.#server.close(() => {
				resolve();
			});
		});
		for (const socket of this.#sockets) {
			socket.destroy();
		}
		await closed;
	}

	async #onConnect(
		request: http.IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		socket.on('error', () => undefined);
		socket.unshift(head);
		const reached = await reach(
			this.#registry,
			request.url ?? '',
			untilGone(socket),
		);
		if ('refusal' in reached) {
			refuseClient(socket, reached.refusal);
			return;
		}
		socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
		// Real sockets: the few milliseconds that a FIN waits are real too.
		join(reached.stream, socket as Socket, systemClock, () => HIGH_WATER_BYTES);
	}

	#onRequest(
		request: http.IncomingMessage,
		response: http.ServerResponse,
	): void {
		const url = absolute(request.url);
		if (url) {
			forward(request, response, url, this.port);
		} else {
			response.writeHead(400);
			response.end(
				'This is a proxy: ask it for http://<uuid>.balena:<port>/\n',
			);
		}
	}
}

function absolute(text: string | undefined): URL | undefined {
	return text?.startsWith('http://') && URL.canParse(text)
		? new URL(text)
		: undefined;
}

/** A signal that is aborted when a client has gone. */
function untilGone(client: Duplex): AbortSignal {
	const controller = new AbortController();
	client.once('close', () => {
		controller.abort();
	});
	return controller.signal;
}

/** The reason is in the status line, where curl -v and ssh's helpers show it. */
function refuseClient(socket: Duplex, { status, reason }: ProxyRefusal): void {
	socket.on('end', () => socket.end());
	socket.resume();
	socket.end(
		`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
	);
}
