import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { WebSocketDuplex } from '../../src/transports/native/ws-duplex.js';

/** The node's end of one link. */
export interface NodeLink {
	readonly request: http.IncomingMessage;
	readonly socket: Socket;
	readonly ws: WebSocket;
	readonly duplex: WebSocketDuplex;
	readonly session: http2.ClientHttp2Session;
	/** Opens a stream to a service of the device. */
	open(target: string): http2.ClientHttp2Stream;
	/** Ends everything on this side. */
	destroy(): void;
}

export interface NativeNodeOptions {
	readonly tls?: { key: string; cert: string };
	/** Headers for the 101. */
	readonly headers?: Record<string, string>;
	readonly session?: http2.ClientSessionOptions;
	/** Sees each TCP connection first. */
	readonly onConnection?: (socket: Socket) => void;
	/** Takes the upgrade into its own hands. */
	readonly onUpgrade?: (
		request: http.IncomingMessage,
		socket: Socket,
		head: Buffer,
	) => void;
}

/** A node with nothing but what the protocol asks for, so that tests can do to it what they like. */
export class NativeNode {
	readonly links: NodeLink[] = [];
	readonly sockets = new Set<Socket>();
	readonly #server: http.Server;
	readonly #wss = new WebSocketServer({
		noServer: true,
		perMessageDeflate: false,
		maxPayload: 4 * 1024 * 1024,
	});

	static async start(options: NativeNodeOptions = {}): Promise<NativeNode> {
		const node = new NativeNode(options);
		node.#server.listen(0, '127.0.0.1');
		await once(node.#server, 'listening');
		return node;
	}

	private constructor(options: NativeNodeOptions) {
		this.#server = options.tls
			? https.createServer(options.tls)
			: http.createServer();
		this.#server.on('connection', (socket: Socket) => {
			this.sockets.add(socket);
			socket.on('error', () => undefined);
			socket.once('close', () => this.sockets.delete(socket));
			options.onConnection?.(socket);
		});
		this.#server.on('tlsClientError', () => undefined);
		this.#wss.on('headers', (lines: string[]) => {
			for (const [name, value] of Object.entries(options.headers ?? {})) {
				lines.push(`${name}: ${value}`);
			}
		});
		this.#server.on(
			'upgrade',
			(request: http.IncomingMessage, socket: Socket, head: Buffer) => {
				socket.on('error', () => undefined);
				if (options.onUpgrade) {
					options.onUpgrade(request, socket, head);
				} else {
					this.accept(request, socket, head, options.session);
				}
			},
		);
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	get address(): string {
		return `127.0.0.1:${this.port}`;
	}

	accept(
		request: http.IncomingMessage,
		socket: Socket,
		head: Buffer,
		session?: http2.ClientSessionOptions,
	): void {
		socket.setNoDelay();
		this.#wss.handleUpgrade(request, socket, head, (ws) => {
			this.links.push(nodeLink(request, socket, ws, session));
			this.#server.emit('link');
		});
	}

	/** The n-th link from now on, counted from 0. */
	async link(index = 0): Promise<NodeLink> {
		while (this.links.length <= index) {
			await once(this.#server, 'link');
		}
		return this.links[index]!;
	}

	async stop(): Promise<void> {
		for (const link of this.links) {
			link.destroy();
		}
		for (const socket of this.sockets) {
			socket.destroy();
		}
		this.#server.close();
		await once(this.#server, 'close');
	}
}

function nodeLink(
	request: http.IncomingMessage,
	socket: Socket,
	ws: WebSocket,
	options: http2.ClientSessionOptions = {},
): NodeLink {
	const duplex = new WebSocketDuplex(ws);
	duplex.on('error', () => undefined);
	const session = http2.connect('http://device', {
		...options,
		createConnection: () => duplex,
	});
	session.on('error', () => undefined);
	session.setMaxListeners(0);
	duplex.once('close', () => {
		session.destroy();
	});
	return {
		request,
		socket,
		ws,
		duplex,
		session,
		open: (target) => {
			const stream = session.request(
				{ ':method': 'CONNECT', ':authority': target },
				{ endStream: false },
			);
			stream.on('error', () => undefined);
			return stream;
		},
		destroy: () => {
			session.destroy();
			duplex.destroy();
		},
	};
}

/** The status with which a stream was answered. */
export async function statusOf(
	stream: http2.ClientHttp2Stream,
): Promise<number> {
	const [headers] = (await once(stream, 'response')) as [
		http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader,
	];
	return headers[':status']!;
}
