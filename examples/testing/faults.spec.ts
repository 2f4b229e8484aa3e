/**
 * Faults of the cloud and of the path, in real time, with mocha:
 *
 *   npx mocha --import=tsx examples/testing/faults.spec.ts
 */
import assert from 'node:assert/strict';

import { CloudlinkAgent, udp, websocket } from 'cloudlink-agent';
import { MockCloudlink, seededRandom, UdpRelay } from 'cloudlink-agent/testing';

describe('a device whose TCP is blocked', () => {
	let mock: MockCloudlink;
	let agent: CloudlinkAgent | undefined;

	before(async () => {
		mock = await MockCloudlink.start({ tls: true });
	});
	afterEach(async () => {
		await agent?.stop();
	});
	after(async () => {
		await mock.stop();
	});

	it('is up over UDP, on a path that loses a tenth', async () => {
		await mock.setFault(0, { tcp: 'refuse' });
		const relay = await UdpRelay.start({
			to: mock.nodes[0]!.port,
			random: seededRandom(1),
			loss: 0.1,
			delayMs: 20,
		});
		agent = new CloudlinkAgent({
			device: { uuid: 'a1b2c3', key: 'secret' },
			// TCP goes to the relay's port as well, where nothing listens.
			nodes: [`127.0.0.1:${relay.port}`],
			transports: [websocket({ ca: mock.ca }), udp({ ca: mock.ca })],
			// Short waits.
			pacing: { preset: 'lab' },
		});
		await agent.start();
		const link = await agent.waitUntilUp({
			signal: AbortSignal.timeout(30_000),
		});
		assert.equal(link.transport, 'udp');
		await agent.stop();
		await relay.close();
	}).timeout(40_000);

	it('is told why where its key is refused', async () => {
		const refusing = await MockCloudlink.start({ authenticate: () => false });
		agent = new CloudlinkAgent({
			device: { uuid: 'a1b2c3', key: 'wrong' },
			nodes: [refusing.nodes[0]!.address],
			transports: [websocket({ insecure: true })],
		});
		const failed = new Promise<string>((resolve) => {
			agent!.on('failed', ({ outcome }) => {
				resolve(outcome.code);
			});
		});
		await agent.start();
		assert.equal(await failed, 'http-401');
		await agent.stop();
		await refusing.stop();
	});
});
