import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';

import { WebSocketDuplex } from '../../../src/transports/native/ws-duplex.js';
import { until } from '../../support/until.js';

describe('a WebSocket as a stream of bytes', () => {
	it('shows a guard that comes late what had come and was not read yet, and passes it on in order', async () => {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		// Right behind the 101, as a node does.
		server.on('connection', (socket) => {
			socket.send(Buffer.from('first '));
		});
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		const ws = new WebSocket(`ws://127.0.0.1:${port}`);
		const duplex = new WebSocketDuplex(ws);
		await once(ws, 'open');
		await until(() => duplex.readableLength > 0);

		let seen = '';
		duplex.guard = {
			receive: (bytes) => {
				seen += bytes.toString();
				return [bytes];
			},
			send: () => undefined,
			breach: () => undefined,
		};
		let read = '';
		duplex.on('data', (bytes: Buffer) => {
			read += bytes.toString();
		});
		[...server.clients][0]!.send(Buffer.from('second'));
		await until(() => read.length === 12);
		expect(seen).to.equal('first second');
		expect(read).to.equal('first second');
		duplex.destroy();
		server.close();
	});
});
