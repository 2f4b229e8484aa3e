import {
	existsSync,
	mkdirSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';

import { MockCloudlink } from '../../../src/testing/index.js';
import type { StatusReply } from '../../../src/telemetry/server.js';
import { readAll, tunnelThrough } from '../../support/proxy-client.js';
import { eventually } from '../device/eventually.js';
import { FakeSystemd } from '../device/fake-systemd.js';
import {
	CommandProcess,
	DeviceFolder,
	KEY,
	UUID,
	command,
} from './agent-process.js';

const PACE = ['--pacing', 'lab'];

/** Asks a service through the mock's proxy; resolves with all that came, at its end. */
async function ask(
	proxyPort: number,
	port: number,
	onData: (text: string) => void = () => undefined,
): Promise<string> {
	const socket = await tunnelThrough(proxyPort, `${UUID}.balena:${port}`);
	socket.write('GET / HTTP/1.0\r\n\r\n');
	socket.on('data', (chunk: Buffer) => {
		onData(chunk.toString());
	});
	return await readAll(socket);
}

describe('cloudlink-agent run', function () {
	this.timeout(60_000);

	let mock: MockCloudlink;
	let device: DeviceFolder;
	let keys: Set<string>;
	const running: CommandProcess[] = [];

	const start = (more: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
		const agent = new CommandProcess(
			[...device.runArguments, ...PACE, ...more],
			env,
		);
		running.push(agent);
		return agent;
	};
	const endpoint = (index: number) => {
		const [vpnEndpoint, vpnPort] = mock.nodes[index]!.address.split(':');
		return { vpnEndpoint, vpnPort: Number(vpnPort) };
	};
	const status = async (): Promise<StatusReply> => {
		const { stdout } = await command([
			'status',
			'--json',
			'--health',
			device.health,
		]);
		return JSON.parse(stdout) as StatusReply;
	};

	beforeEach(async () => {
		keys = new Set([KEY]);
		mock = await MockCloudlink.start({
			nodes: 2,
			authenticate: (_uuid, key) => keys.has(key),
		});
		device = new DeviceFolder();
		device.writeConfig(endpoint(0));
	});

	afterEach(async () => {
		await Promise.all(running.splice(0).map((one) => one.stop('SIGKILL')));
		await mock.stop();
		device.remove();
	});

	it('holds the tunnel: the cloud reaches a service, the marker is there, and all of it goes on SIGTERM', async () => {
		const marker = device.path('vpn_status/active');
		mkdirSync(device.path('vpn_status'));
		// As a run that was killed leaves it.
		writeFileSync(marker, 'cloudlink-agent\n');
		utimesSync(marker, 1, 1);
		const app: Server = createServer((_request, response) => {
			response.end('hello from the device');
		});
		await new Promise<void>((resolve) => {
			app.listen(0, '127.0.0.1', resolve);
		});
		const { port } = app.address() as AddressInfo;

		const agent = start(['--service', `${port}`, '--marker', marker]);
		await agent.said('Connected to');
		// Swept at the start, and made anew.
		expect(statSync(marker).mtimeMs).to.be.above(1000);
		const page = await ask(mock.proxyPort, port);
		expect(page).to.include('hello from the device');

		const { code, stdout, stderr } = await agent.stop();
		expect(code, stderr).to.equal(0);
		expect(stdout).to.equal('');
		expect(existsSync(marker)).to.equal(false);
		expect(existsSync(device.health)).to.equal(false);
		expect(stderr).to.match(/Stopping on SIGTERM.*\n(.*\n)*Stopped\.\n$/);
		app.close();
	});

	it('lets a stream end that can within the grace period', async () => {
		const app = createServer((_request, response) => {
			response.write('first ');
			setTimeout(() => {
				response.end('last');
			}, 1500);
		});
		await new Promise<void>((resolve) => {
			app.listen(0, '127.0.0.1', resolve);
		});
		const { port } = app.address() as AddressInfo;
		const agent = start(['--service', `${port}`, '--grace', '20']);
		await agent.said('Connected to');
		let body = '';
		const page = ask(mock.proxyPort, port, (chunk) => (body += chunk));
		await eventually('the first half', () => body.includes('first'));
		const stopped = agent.stop();
		expect(await page).to.include('first last');
		expect((await stopped).code).to.equal(0);
		app.close();
	});

	it('ends at once on a second signal, and says so by its exit code', async () => {
		const app = createServer((_request, response) => {
			response.write('never ends');
		});
		await new Promise<void>((resolve) => {
			app.listen(0, '127.0.0.1', resolve);
		});
		const { port } = app.address() as AddressInfo;
		for (const [signal, code] of [
			['SIGINT', 130],
			['SIGTERM', 143],
		] as const) {
			const agent = start(['--service', `${port}`, '--grace', '600']);
			await agent.said('Connected to');
			let body = '';
			ask(mock.proxyPort, port, (chunk) => (body += chunk)).catch(
				() => undefined,
			);
			await eventually('the stream', () => body.includes('never ends'));
			agent.child.kill(signal);
			await agent.said(`Stopping on ${signal}`);
			expect((await agent.stop(signal)).code).to.equal(code);
		}
		app.closeAllConnections();
		app.close();
	});

	it('never shows the key: not with DEBUG=*, not in JSON, not in status or metrics', async () => {
		const agent = start(['--log', 'json', '--log-level', 'debug'], {
			DEBUG: '*',
		});
		await agent.said('Connected to');
		const { stdout } = await command([
			'status',
			'--json',
			'--health',
			device.health,
		]);
		expect(stdout).to.include('"state": "up"');
		await mock.crash(0);
		keys.clear();
		await mock.restart(0);
		await agent.said('http-401');
		const { stderr } = await agent.stop();
		const basic = Buffer.from(`${UUID}:${KEY}`).toString('base64');
		for (const text of [stdout, stderr]) {
			expect(text).not.to.include(KEY);
			expect(text).not.to.include(basic.replace(/=+$/, ''));
		}
		const lines = stderr
			.split('\n')
			.filter((line) => line !== '')
			.map((line) => JSON.parse(line) as { message: string; event?: string });
		expect(
			lines.some(({ message }) => message.includes('cloudlink:agent')),
		).to.equal(true);
		expect(lines.map(({ event }) => event)).to.include.members([
			'attempt',
			'up',
			'down',
			'retry',
		]);
	});

	it('takes over a new key from config.json without cutting the link, and a new endpoint by leaving', async () => {
		const agent = start();
		await agent.said('Connected to');
		keys.add('anotherkey0123');
		device.writeConfig({ ...endpoint(0), deviceApiKey: 'anotherkey0123' });
		await agent.said('config.json changed: key.');
		expect(mock.stats().attempts).to.equal(1);
		keys.delete(KEY);

		device.writeConfig({ ...endpoint(1), deviceApiKey: 'anotherkey0123' });
		await agent.said('config.json changed: endpoint.');
		await agent.said(`Connected to ${mock.nodes[1]!.address}`);
		expect((await status()).link?.node).to.equal(mock.nodes[1]!.address);

		writeFileSync(device.config, '{ "uuid": ');
		await agent.said('is not taken over');
		expect((await status()).state).to.equal('up');
		expect((await agent.stop()).code).to.equal(0);
	});

	it('sweeps the marker and the socket that a killed run has left', async () => {
		const marker = device.path('active');
		const first = start(['--marker', marker]);
		await first.said('Connected to');
		await first.stop('SIGKILL');
		expect(existsSync(marker)).to.equal(true);
		expect(existsSync(device.health)).to.equal(true);
		await mock.crash(0);

		const second = start(['--marker', marker]);
		await second.said('The agent runs');
		expect(existsSync(marker)).to.equal(false);
		expect((await status()).ready.ok).to.equal(false);
	});

	it('leaves a device to the agent that holds it: says which process that is, touches nothing, and ends with 4', async () => {
		const marker = device.path('active');
		const first = start(['--marker', marker]);
		await first.said('Connected to');
		await eventually('the lock', () => existsSync(`${device.state}.lock`));
		const before = mock.stats().attempts;
		const apart = ['--health', 'none', '--control', 'none'];
		for (const more of [[], apart]) {
			const second = await start(['--marker', marker, ...more]).finished;
			expect(second.code).to.equal(4);
			expect(second.stderr).to.include(
				`Another agent, in process ${first.child.pid}, holds this device`,
			);
		}
		expect(existsSync(marker)).to.equal(true);
		expect((await status()).ready.ok).to.equal(true);
		expect(mock.stats().attempts).to.equal(before);
		await first.stop('SIGKILL');
		await start(['--marker', marker]).said('Connected to');
	});

	it('remembers over kill -9 and a restart that its node told it to wait', async () => {
		const busy = await MockCloudlink.start({
			acceptRatePerSecond: 0.001,
			burst: 0,
			throttle: { retryAfterSeconds: 600 },
		});
		const only = ['--node', busy.nodes[0]!.address];
		const first = start(only);
		await first.said('The next attempt is in');
		await eventually('the state file', () => existsSync(device.state));
		const before = (await status()).waiting!;
		expect(before.leftMs).to.be.greaterThan(100_000);
		await first.stop('SIGKILL');

		const second = start(only);
		await second.said('The agent runs');
		const after = (await status()).waiting!;
		expect(after.leftMs).to.be.greaterThan(100_000);
		expect(Math.abs(after.at - before.at)).to.be.lessThan(60_000);
		expect(busy.stats().attempts).to.equal(1);
		await second.stop();
		await busy.stop();
	});

	it('tells systemd that it is ready, that it lives, how it is and that it goes', async function () {
		if (!FakeSystemd.possible && !process.env.CI) {
			this.skip(); // Needs systemd-notify and perl.
		}
		const systemd = await FakeSystemd.start();
		const agent = start([], {
			NOTIFY_SOCKET: systemd.socket,
			WATCHDOG_USEC: '1000000',
		});
		await eventually('READY', () => systemd.count('READY=1') === 1);
		await eventually('three pings', () => systemd.count('WATCHDOG=1') >= 3);
		await eventually(
			'the status',
			() => systemd.count('STATUS=Connected to') > 0,
		);
		await agent.stop();
		await eventually('STOPPING', () => systemd.count('STOPPING=1') === 1);
		expect(systemd.told.at(-1)).to.match(
			/STOPPING=1|STATUS=The agent is stopped/,
		);
		systemd.stop();
	});

	it('warns of a variable with our prefix that nothing reads, and never tells its value', async () => {
		const agent = start([], { CLOUDLINK_SERVICE: 'a-secret' });
		await agent.said(
			'Nothing reads the environment variable CLOUDLINK_SERVICE; did you mean CLOUDLINK_SERVICES?',
		);
		const { stderr } = await agent.stop();
		expect(stderr).not.to.include('a-secret');
	});

	it('gives each JSON line one time, those of DEBUG too', async () => {
		const agent = start(['--log', 'json'], { DEBUG: 'cloudlink:*' });
		await agent.said('Connected to');
		const { stderr } = await agent.stop();
		const lines = stderr.trim().split('\n');
		expect(lines.some((line) => line.includes('"level":"debug"'))).to.equal(
			true,
		);
		for (const line of lines) {
			const { time, message } = JSON.parse(line) as Record<string, string>;
			expect(time).to.match(/Z$/);
			expect(message).not.to.match(/\d{4}-\d\d-\d\dT/);
		}
	});

	it('adds up a list flag that is repeated', async () => {
		const agent = start([
			'--transports',
			'udp',
			'--service',
			'1',
			'--service',
			'2',
		]);
		await agent.said('over websocket, udp.');
		await agent.stop();
	});

	it('says which option or key is wrong, and what to do, with 2', async () => {
		writeFileSync(device.path('empty.json'), '{}');
		const cases: Array<[string[], RegExp]> = [
			[
				['run', '--services', '80'],
				/unknown option '--services'[^]*--service\?/,
			],
			[['run', '--node', 'wss://x'], /--node must be host:port/],
			[['run', '--config', '/nonexistent/x.json'], /no such file.*--config/],
			[
				[
					'run',
					'--transports',
					'websocket',
					'--config',
					device.path('empty.json'),
				],
				/empty\.json: `uuid` is missing\. .*--uuid/,
			],
			[['run', 'extra'], /too many arguments/],
			[
				['run', '--log', 'json', '--node', 'wss://x'],
				/^\{"time":"[^"]+","level":"error","message":"--node must be[^\n]*\}\n$/,
			],
			[
				['run', '--log=json', '--nodes', 'x:1'],
				/^\{"time":[^\n]*unknown option '--nodes'[^\n]*\}\n$/,
			],
			[['runn'], /unknown command 'runn'[^]*run\?/],
		];
		await Promise.all(
			cases.map(async ([args, message]) => {
				const { code, stdout, stderr } = await command(args, {
					CLOUDLINK_CONFIG: '',
				});
				expect(stderr, args.join(' ')).to.match(message);
				expect(stdout).to.equal('');
				expect(code, args.join(' ')).to.equal(2);
			}),
		);
	});
});
