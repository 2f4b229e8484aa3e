import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { NodeAddress, Transport } from '../../transport.js';
import { MockCloudlink } from '../mock/mock-cloudlink.js';
import { KEY } from './dials.js';

/** A transport and a node for it, in a world that the suite may break. */
export interface ComplianceWorld {
	readonly transport: Transport;
	readonly node: NodeAddress;
	/** Nobody answers the next dials, but something is there. */
	mute(): Promise<void>;
	/** The next dials fail at once. */
	refuse(): Promise<void>;
	/** The node dies with its links. */
	crash(): Promise<void>;
	/** The node asks its links to go. */
	drain(deadlineMs: number): Promise<void>;
	/** A connection to a service of the device, as the cloud opens it. */
	open(uuid: string, port: number): Promise<Socket>;
	/** Dials that reached the node. */
	attempts(): number;
	/** Ends all of it. */
	stop(): Promise<void>;
}

/** A world made of the mock, for a transport that dials it over TCP or UDP. */
export async function mockWorld(
	carrier: 'tcp' | 'udp',
	makeTransport: (mock: MockCloudlink) => Transport,
	{ tls = false }: { tls?: boolean } = {},
): Promise<ComplianceWorld> {
	const mock = await MockCloudlink.start({
		tls,
		authenticate: (_uuid, key) => key === KEY,
	});
	const { address, port } = mock.nodes[0]!;
	return {
		transport: makeTransport(mock),
		node: { name: address, host: '127.0.0.1', port },
		mute: () => mock.setFault(0, { [carrier]: 'mute' }),
		refuse: () => mock.setFault(0, { [carrier]: { status: 503 } }),
		crash: () => mock.crash(0),
		drain: (deadlineMs) => mock.drain(0, { deadlineMs }),
		open: (uuid, service) => openThroughProxy(mock.proxyPort, uuid, service),
		attempts: () => mock.stats().attempts,
		stop: () => mock.stop(),
	};
}

async function openThroughProxy(
	proxyPort: number,
	uuid: string,
	port: number,
): Promise<Socket> {
	const socket = connect({ host: '127.0.0.1', port: proxyPort });
	socket.on('error', () => undefined);
	const target = `${uuid}.balena:${port}`;
	socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
	const [answer] = (await once(socket, 'data')) as [Buffer];
	assert.match(String(answer), /^HTTP\/1\.1 200 /);
	return socket;
}
