import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';

import type { ClientName } from './clients.js';

/** A server that takes whatever the front passes on. */
export interface Upstream {
	readonly port: number;
	close(): Promise<void>;
}

async function listening(server: Server): Promise<number> {
	server.listen(0, '127.0.0.1', 4096);
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

async function aedesBroker(): Promise<Upstream> {
	const { Aedes } = await import('aedes');
	const broker = await Aedes.createBroker();
	const server = createServer((socket) => {
		broker.handle(socket);
	});
	return {
		port: await listening(server),
		async close() {
			server.close();
			await new Promise<void>((resolve) => {
				broker.close(resolve);
			});
		},
	};
}

async function socketIo(): Promise<Upstream> {
	const { Server: SocketIo } = await import('socket.io');
	const server = createHttpServer();
	const io = new SocketIo(server, { transports: ['websocket'] });
	return { port: await listening(server), close: () => io.close() };
}

async function plainWebSocket(): Promise<Upstream> {
	const { WebSocketServer } = await import('ws');
	const server = createHttpServer();
	const sockets = new WebSocketServer({ server });
	sockets.on('connection', (socket) => {
		socket.on('error', () => undefined);
	});
	return {
		port: await listening(server),
		async close() {
			for (const socket of sockets.clients) {
				socket.terminate();
			}
			sockets.close();
			server.close();
			await once(server, 'close');
		},
	};
}

async function grpc(): Promise<Upstream> {
	const { Server: GrpcServer, ServerCredentials } =
		await import('@grpc/grpc-js');
	const { holdMethod } = await import('./grpc-hold.js');
	const server = new GrpcServer();
	server.addService(
		{ Hold: holdMethod },
		{
			Hold: (call: { on: (event: 'error', listener: () => void) => void }) => {
				call.on('error', () => undefined);
			},
		},
	);
	const port = await new Promise<number>((resolve, reject) => {
		server.bindAsync(
			'127.0.0.1:0',
			ServerCredentials.createInsecure(),
			(error, bound) => {
				if (error) {
					reject(error);
				} else {
					resolve(bound);
				}
			},
		);
	});
	return {
		port,
		close: () => {
			server.forceShutdown();
			return Promise.resolve();
		},
	};
}

/** Starts the server that a kind of client talks to. */
export function startServer(client: ClientName): Promise<Upstream> {
	switch (client) {
		case 'mqttjs':
			return aedesBroker();
		case 'socket.io':
			return socketIo();
		case 'partysocket':
			return plainWebSocket();
		case 'grpc-js':
			return grpc();
	}
}
