import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/index.js';
import { judge } from '../../../src/cli/ask/check.js';
import { fetchStatus } from '../../../src/cli/ask/client.js';
import { ProgressWatch } from '../../../src/telemetry/progress-watch.js';
import {
	startHealthServer,
	type HealthServer,
} from '../../../src/telemetry/server.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { eventually } from '../device/eventually.js';
import { DeviceFolder, UUID, KEY, command } from './agent-process.js';

describe('cloudlink-agent check', function () {
	this.timeout(60_000);

	let device: DeviceFolder;
	let mock: MockCloudlink;
	let agent: CloudlinkAgent;
	let progress: ProgressWatch;
	let server: HealthServer;

	const start = async (options: MockCloudlinkOptions, blackhole = false) => {
		mock = await MockCloudlink.start(options);
		if (blackhole) {
			await mock.setFault(0, { tcp: 'blackhole' });
		}
		const tls = options.tls ?? false;
		agent = new CloudlinkAgent({
			device: { uuid: UUID, key: KEY },
			nodes: [mock.nodes[0]!.address],
			transports: [websocket(tls ? { ca: mock.ca } : { insecure: true })],
			pacing: { preset: 'lab' },
			dialDeadlineMs: 2000,
		});
		await agent.start();
		progress = new ProgressWatch(agent);
		server = await startHealthServer({
			address: { path: device.health },
			status: () => agent.status(),
			health: () => progress.verdict,
			metrics: () => '',
		});
	};
	const check = async (live = false) =>
		judge(await fetchStatus({ path: device.health }), live);
	const ended = async (code: string) => {
		await eventually(code, () => agent.status().lastOutcome?.code === code);
	};

	beforeEach(() => {
		device = new DeviceFolder();
	});

	afterEach(async () => {
		progress.close();
		await server.close();
		await agent.stop();
		await mock.stop();
		device.remove();
	});

	it('passes against a healthy node, as a process too', async () => {
		await start({});
		await agent.waitUntilUp();
		expect((await check()).code).to.equal(0);
		const { code, stdout } = await command([
			'check',
			'--health',
			device.health,
		]);
		expect(code).to.equal(0);
		expect(stdout).to.equal(
			`Connected to ${mock.nodes[0]!.address} over websocket.\n`,
		);
	});

	it('says 3 against a throttling node, and passes with --live: to wait is right', async () => {
		await start({
			acceptRatePerSecond: 0.001,
			burst: 0,
			throttle: { retryAfterSeconds: 60 },
		});
		await ended('http-429');
		const { code, line } = await check();
		expect(code).to.equal(3);
		expect(line).to.include('throttled');
		expect((await check(true)).code).to.equal(0);
		const live = await command(['check', '--live', '--health', device.health]);
		expect(live.code).to.equal(0);
		const strict = await command(['check', '--health', device.health]);
		expect(strict.code).to.equal(3);
	});

	it('says 3 against a node whose packets are dropped', async () => {
		await start({}, true);
		await eventually('an outcome', () => agent.status().lastOutcome);
		expect((await check()).code).to.equal(3);
		expect((await check(true)).code).to.equal(0);
	});

	it('says 3 where the clock is wrong', async () => {
		await start({ tls: true, certificateFlaw: 'not-yet-valid' });
		await ended('clock-wrong');
		const { code, line } = await check();
		expect(code).to.equal(3);
		expect(line).to.include('misconfigured');
	});

	it('fails where no agent answers', async () => {
		await start({});
		const { code, stdout } = await command([
			'check',
			'--live',
			'--health',
			device.path('none.sock'),
		]);
		expect(code).to.equal(1);
		expect(stdout).to.include('No agent answers');
	});
});
