import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import {
	CloudlinkAgent,
	websocket,
	type AgentOptions,
} from '../../../src/index.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';

import { until } from '../../support/until.js';

const run = promisify(execFile);
const UUID = 'a1b2c3d4e5f6';

interface Bench {
	readonly mock: MockCloudlink;
	readonly agent: CloudlinkAgent;
	readonly port: number;
	curl(...more: string[]): Promise<string>;
}

/** A mock, an agent in front of it, and a web server as the device's app. */
async function withBench(
	mockOptions: MockCloudlinkOptions,
	agentOptions: Partial<AgentOptions>,
	work: (bench: Bench) => Promise<void>,
): Promise<void> {
	const app: Server = createServer((_, response) => {
		response.end('hello from the device');
	});
	await new Promise<void>((resolve) => {
		app.listen(0, '127.0.0.1', resolve);
	});
	const { port } = app.address() as AddressInfo;
	const mock = await MockCloudlink.start(mockOptions);
	const agent = new CloudlinkAgent({
		device: { uuid: UUID, key: 'secret' },
		nodes: mock.nodes.map(({ address }) => address),
		transports: [websocket({ insecure: true })],
		services: [{ port }],
		pacing: { preset: 'lab' },
		...agentOptions,
	});
	const curl = async (...more: string[]) => {
		const { stdout } = await run('curl', [
			'--silent',
			'--show-error',
			'--max-time',
			'15',
			'-x',
			`http://127.0.0.1:${mock.proxyPort}`,
			...more,
			`http://${UUID}.balena:${port}/`,
		]);
		return stdout;
	};
	try {
		await agent.start();
		await work({ mock, agent, port, curl });
	} finally {
		await agent.stop();
		await mock.stop();
		app.closeAllConnections();
		app.close();
	}
}

const nextUp = (agent: CloudlinkAgent) =>
	new Promise<void>((resolve) => {
		agent.once('up', () => {
			resolve();
		});
	});

const nextDown = (agent: CloudlinkAgent) =>
	new Promise<string>((resolve) => {
		agent.once('down', ({ outcome }) => {
			resolve(outcome.kind);
		});
	});

describe('an agent and a cloud', () => {
	it('let curl reach the device, before a crash of its node and after', async () => {
		await withBench({ nodes: 2 }, {}, async ({ mock, agent, curl }) => {
			const first = await agent.waitUntilUp();
			expect(await curl()).to.equal('hello from the device');
			expect(await curl('-p')).to.equal('hello from the device');

			const index = mock.nodes.findIndex(
				({ address }) => address === first.node,
			);
			const down = nextDown(agent);
			await mock.crash(index);
			expect(await down).to.equal('lost');
			const second = await agent.waitUntilUp();
			expect(second.node).not.to.equal(first.node);
			expect(await curl()).to.equal('hello from the device');
			expect(mock.stats()).to.include({ connected: 1 });
		});
	});

	it('come together again at the same node once it is back', async () => {
		await withBench({ nodes: 1 }, {}, async ({ mock, agent, curl }) => {
			await agent.waitUntilUp();
			const refused = new Promise<string>((resolve) => {
				agent.on('retry', ({ outcome }) => {
					if (outcome.kind === 'unreachable') {
						resolve(outcome.code);
					}
				});
			});
			await mock.crash(0);
			expect(await refused).to.equal('connect-refused');
			await mock.restart(0);
			await agent.waitUntilUp();
			expect(await curl()).to.equal('hello from the device');
		});
	});

	it('speak TLS, verified against a CA of their own', async () => {
		const mock = await MockCloudlink.start({ tls: true });
		const agent = new CloudlinkAgent({
			device: { uuid: UUID, key: 'secret' },
			nodes: [mock.nodes[0]!.address],
			transports: [websocket({ ca: mock.ca })],
			pacing: { preset: 'lab' },
		});
		await agent.start();
		const link = await agent.waitUntilUp();
		expect(link.transport).to.equal('websocket');
		await agent.stop();
		await mock.stop();
	});

	it('do not come together where the CA is another, and the agent says so', async () => {
		const mock = await MockCloudlink.start({ tls: true });
		const agent = new CloudlinkAgent({
			device: { uuid: UUID, key: 'secret' },
			nodes: [mock.nodes[0]!.address],
			transports: [websocket()],
			pacing: { preset: 'lab' },
		});
		const retried = new Promise<string>((resolve) => {
			agent.once('retry', ({ outcome }) => {
				resolve(`${outcome.kind} ${outcome.code}`);
			});
		});
		await agent.start();
		expect(await retried).to.equal('misconfigured tls-unknown-ca');
		await agent.stop();
		await mock.stop();
	});

	it('drain: the successor is up before the old link goes, and no request fails', async () => {
		await withBench({ nodes: 2 }, {}, async ({ mock, agent, curl }) => {
			const first = await agent.waitUntilUp();
			const states: string[] = [];
			agent.on('state', (state) => states.push(state));
			const index = mock.nodes.findIndex(
				({ address }) => address === first.node,
			);
			const up = nextUp(agent);
			await mock.drain(index, { deadlineMs: 10_000 });
			let asked = 0;
			let done = false;
			const asking = (async () => {
				while (!done) {
					expect(await curl()).to.equal('hello from the device');
					asked++;
				}
			})();
			await up;
			expect(agent.link?.node).not.to.equal(first.node);
			done = true;
			await asking;
			expect(asked).to.be.above(0);
			expect(states).to.deep.equal(['draining', 'up']);
		});
	});

	it('drain: a download that is under way goes on over the old link, to its last byte', async () => {
		const [before, after] = [randomBytes(3_000_000), randomBytes(3_000_000)];
		let goOn: (() => void) | undefined;
		const service = createServer((_, response) => {
			response.write(before);
			goOn = () => response.end(after);
		});
		service.listen(0, '127.0.0.1');
		await once(service, 'listening');
		const { port } = service.address() as AddressInfo;
		await withBench(
			{ nodes: 2 },
			{ services: [{ port }] },
			async ({ mock, agent }) => {
				const first = await agent.waitUntilUp();
				const index = mock.nodes.findIndex(
					({ address }) => address === first.node,
				);
				const hash = createHash('sha256');
				const proxy = `http://127.0.0.1:${mock.proxyPort}`;
				const url = `http://${UUID}.balena:${port}/`;
				const curl = spawn('curl', ['-sS', '-p', '-x', proxy, url]);
				let came = 0;
				curl.stdout.on('data', (bytes: Buffer) => {
					came += bytes.length;
					hash.update(bytes);
				});
				const ended = once(curl, 'close');
				await until(() => came >= before.length / 2);
				const up = nextUp(agent);
				await mock.drain(index, { deadlineMs: 15_000 });
				await up;
				expect(agent.link?.node).not.to.equal(first.node);
				// Nothing of the second half was sent before the successor was up.
				goOn!();
				expect(await ended).to.deep.equal([0, null]);
				expect(hash.digest('hex')).to.equal(
					createHash('sha256').update(before).update(after).digest('hex'),
				);
			},
		);
		service.close();
	}).timeout(60_000);

	it('refuse a key, and the agent goes on with a fresh one', async () => {
		let key = 'stale';
		await withBench(
			{ authenticate: (_, given) => given === 'fresh' },
			{
				device: { uuid: UUID, key: () => key },
				pacing: { preset: 'lab', slowFirstMs: 50 },
			},
			async ({ agent }) => {
				const kinds: string[] = [];
				agent.on('retry', ({ outcome }) => {
					kinds.push(outcome.code);
					key = 'fresh';
				});
				await agent.waitUntilUp();
				expect(kinds).to.deep.equal(['http-401']);
			},
		);
	});

	it('tell and keep the reconnect window', async () => {
		await withBench(
			{ nodes: 1, reconnectWindowMs: 3_000 },
			{},
			async ({ mock, agent }) => {
				await agent.waitUntilUp();
				const retry = new Promise<{ law: string; windowMs?: number }>(
					(resolve) => {
						agent.once('retry', resolve);
					},
				);
				await mock.restart(0);
				const { law, windowMs } = await retry;
				expect(law).to.equal('window');
				expect(windowMs).to.be.within(3_000, 3_300);
			},
		);
	});
});
