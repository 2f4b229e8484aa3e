import { once } from 'node:events';
import * as http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';

import { built, builtTesting } from './built.js';

type Package = Pick<typeof built, 'CloudlinkAgent' | 'udp' | 'websocket'>;
const { MockCloudlink } = builtTesting;
const UUID = 'a1b2c3d4';

describe('The contract of the built package', () => {
	let app: http.Server;

	before(async () => {
		app = http.createServer((_request, response) => response.end('hello'));
		app.listen(0, '127.0.0.1');
		await once(app, 'listening');
	});

	after(() => {
		app.close();
	});

	const packages: Array<[string, () => Package]> = [
		['import', () => built],
		[
			'require',
			() => createRequire(import.meta.url)('cloudlink-agent') as Package,
		],
	];
	for (const [how, load] of packages) {
		for (const carrier of ['websocket', 'udp'] as const) {
			it(`holds by ${how} over ${carrier}: up, through, crash, back, stop`, async () => {
				const { CloudlinkAgent, ...transports } = load();
				const { port } = app.address() as AddressInfo;
				const mock = await MockCloudlink.start({
					nodes: 2,
					tls: true,
					reconnectWindowMs: 500,
				});
				const agent = new CloudlinkAgent({
					device: { uuid: UUID, key: () => 'key' },
					nodes: mock.nodes.map(({ address }) => address),
					transports: [transports[carrier]({ ca: mock.ca })],
					services: [{ port }],
					livenessMs: 2000,
				});
				const states: string[] = [];
				const ends: string[] = [];
				agent.on('state', () => states.push(agent.state));
				agent.on('down', ({ outcome }) => ends.push(outcome.kind));
				try {
					await agent.start();
					await agent.start();
					const first = await agent.waitUntilUp();
					expect(first.transport).to.equal(carrier);
					expect(agent.state).to.equal('up');
					expect(await fetchThrough(mock.proxyPort, port)).to.equal('hello');

					const at = mock.nodes.findIndex(
						({ address }) => address === first.node,
					);
					const down = new Promise((resolve) => {
						agent.once('down', resolve);
					});
					await mock.crash(at);
					await down;
					const second = await agent.waitUntilUp();
					expect(second.node).to.equal(mock.nodes[1 - at]!.address);
					expect(await fetchThrough(mock.proxyPort, port)).to.equal('hello');
				} finally {
					await agent.stop();
					await agent.stop();
					await mock.stop();
				}
				expect(agent.state).to.equal('stopped');
				expect(states).to.include.members(['connecting', 'up', 'stopped']);
				expect(ends[0]).to.equal('lost');
			});
		}
	}
});

async function fetchThrough(proxyPort: number, port: number): Promise<string> {
	const request = http.get({
		host: '127.0.0.1',
		port: proxyPort,
		path: `http://${UUID}.balena:${port}/`,
		agent: false,
	});
	const [response] = (await once(request, 'response')) as [
		http.IncomingMessage,
	];
	let text = '';
	for await (const chunk of response) {
		text += String(chunk);
	}
	return text;
}
