import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import { systemClock, systemRandom } from '../../src/runtime/index.js';
import {
	createCertificateAuthority,
	type CertificateRequest,
} from '../../src/testing/certificates.js';
import { WebSocketDuplex } from '../../src/transports/native/ws-duplex.js';
import {
	listenUdp,
	type ListenOptions,
	type UdpListener,
} from '../../src/transports/udp/node/index.js';
import type { DialRequest } from '../../src/transport.js';

export const runtime = { clock: systemClock, random: systemRandom };

/** One authority for all tests of a run. */
const authority = createCertificateAuthority();

export async function certificate(request?: CertificateRequest) {
	const { ca, issue } = await authority;
	return { ca, tls: await issue(request) };
}

/** A listener whose sessions are the test's. */
export async function listen(
	options: Partial<ListenOptions> & { certificate?: CertificateRequest } = {},
) {
	const { ca, tls } = await certificate(options.certificate);
	const sessions: Duplex[] = [];
	const listener = await listenUdp({
		host: '127.0.0.1',
		port: 0,
		tls,
		runtime,
		...options,
		onSession: (session, remote, loggedIn) => {
			sessions.push(session);
			session.on('error', () => undefined);
			if (options.onSession) {
				options.onSession(session, remote, loggedIn);
			} else {
				loggedIn();
			}
		},
	});
	return { listener, sessions, ca, tls };
}

/** A node that speaks the native protocol, over UDP only: its HTTP server is fed with the listener's sessions. */
export class UdpNode {
	readonly sessions: http2.ClientHttp2Session[] = [];
	readonly authorizations: Array<string | undefined> = [];
	/** Answers the upgrade by hand. */
	onUpgrade: ((socket: Duplex) => void) | undefined;
	private readonly server = http.createServer();
	private readonly wss = new WebSocketServer({
		noServer: true,
		perMessageDeflate: false,
	});

	static async start(options: Partial<ListenOptions> = {}): Promise<UdpNode> {
		const { ca, tls } = await certificate();
		const node = new UdpNode(ca, {
			host: '127.0.0.1',
			port: 0,
			tls,
			secret: randomBytes(32),
			runtime,
			...options,
			onSession: () => undefined,
		});
		await node.listen();
		return node;
	}

	listener!: UdpListener;

	private constructor(
		readonly ca: string,
		private readonly options: ListenOptions,
	) {
		this.server.on(
			'upgrade',
			(request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
				this.authorizations.push(request.headers.authorization);
				socket.on('error', () => undefined);
				if (this.onUpgrade) {
					this.onUpgrade(socket);
					return;
				}
				this.wss.handleUpgrade(request, socket, head, (ws) => {
					const duplex = new WebSocketDuplex(ws);
					duplex.on('error', () => undefined);
					const session = http2.connect('http://device', {
						createConnection: () => duplex,
					});
					session.on('error', () => undefined);
					duplex.once('close', () => {
						session.destroy();
					});
					this.sessions.push(session);
					this.server.emit('link');
				});
			},
		);
	}

	private async listen(port = 0): Promise<void> {
		this.listener = await listenUdp({
			...this.options,
			port,
			onSession: (session, _remote, loggedIn) => {
				loggedIn();
				session.on('error', () => undefined);
				this.server.emit('connection', session);
			},
		});
	}

	get address(): string {
		return `127.0.0.1:${this.listener.port}`;
	}

	/** Forgets all and listens on the same port again, as after a crash. */
	async restart(): Promise<void> {
		const { port } = this.listener;
		await this.listener.crash();
		await this.listen(port);
	}

	async session(index = 0): Promise<http2.ClientHttp2Session> {
		while (this.sessions.length <= index) {
			await once(this.server, 'link');
		}
		return this.sessions[index]!;
	}

	async stop(): Promise<void> {
		for (const session of this.sessions) {
			session.destroy();
		}
		await this.listener.close();
	}
}

/** What an agent asks of a transport for one attempt. */
export function requestFor(
	port: number,
	changes: Partial<DialRequest> & { host?: string } = {},
): DialRequest {
	const { host = '127.0.0.1', ...rest } = changes;
	return {
		node: { name: `${host}:${port}`, host, port },
		device: { uuid: 'a1b2c3', key: 'a secret that stays inside TLS' },
		services: [],
		deadlineMs: 10_000,
		livenessMs: 60_000,
		signal: new AbortController().signal,
		runtime,
		...rest,
	};
}
