import { expect } from 'chai';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import type { LinkView } from '../../../src/agent/events.js';
import { MockCloudlink } from '../../../src/testing/index.js';
import { udp } from '../../../src/transports/udp/index.js';
import { websocket } from '../../../src/transports/websocket/index.js';

const HELD_MS = 8000;

/** In front of a node: datagrams pass at once, a TCP connection is taken and stays mute for a while. */
async function muteDoor(nodePort: number) {
	const taken: Socket[] = [];
	const clients = new Map<number, Datagrams>();
	const tcp = createServer((socket) => {
		taken.push(socket);
		socket.pause();
		socket.on('error', () => undefined);
		setTimeout(() => {
			const node = connect(nodePort, '127.0.0.1');
			node.on('error', () => socket.destroy());
			socket.pipe(node).pipe(socket);
		}, HELD_MS).unref();
	}).listen(0, '127.0.0.1');
	await once(tcp, 'listening');
	const { port } = tcp.address() as AddressInfo;
	const front = createSocket('udp4');
	front.on('message', (packet, from) => {
		let client = clients.get(from.port);
		if (client === undefined) {
			client = createSocket('udp4');
			client.on('message', (answer) => {
				front.send(answer, from.port, from.address);
			});
			clients.set(from.port, client);
		}
		client.send(packet, nodePort, '127.0.0.1');
	});
	front.bind(port, '127.0.0.1');
	await once(front, 'listening');
	return {
		address: `127.0.0.1:${port}`,
		taken,
		close: () => {
			tcp.close();
			for (const socket of taken) {
				socket.destroy();
			}
			front.close();
			for (const client of clients.values()) {
				client.close();
			}
		},
	};
}

describe('a path that takes TCP and stays mute', function () {
	this.timeout(60_000);

	it('has a link over UDP meanwhile, and keeps its place in the queue for the one over TCP', async () => {
		const mock = await MockCloudlink.start({ nodes: 1, tls: true });
		const { port } = new URL(`http://${mock.nodes[0]!.address}`);
		const door = await muteDoor(Number(port));
		const { ca } = mock;
		const agent = new CloudlinkAgent({
			device: { uuid: 'a1b2c3', key: 'key' },
			nodes: [door.address],
			transports: [websocket({ ca }), udp({ ca })],
			dialDeadlineMs: 1000,
			pacing: { startSpreadMs: 200, firstWindowMs: 1000 },
		});
		try {
			await agent.start();
			expect((await agent.waitUntilUp()).transport).to.equal('udp');
			expect(door.taken).to.have.length(1);
			const { transport } = await new Promise<LinkView>((resolve) => {
				agent.once('up', resolve);
			});
			expect(transport).to.equal('websocket');
			expect(door.taken, 'TCP connections in all').to.have.length(1);
		} finally {
			await agent.stop();
			door.close();
			await mock.stop();
		}
	});
});
