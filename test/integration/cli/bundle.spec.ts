import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { MockCloudlink } from '../../../src/testing/index.js';
import { redact } from '../../../src/cli/doctor/bundle/redact.js';
import { command, CommandProcess, DeviceFolder, KEY } from './agent-process.js';

describe('cloudlink-agent doctor --bundle', function () {
	this.timeout(60_000);
	let mock: MockCloudlink;
	let device: DeviceFolder;
	let agent: CommandProcess;
	const secrets = ['another-secret-1', 'proxy-password-2', 'wifi-psk-3'];

	before(async () => {
		mock = await MockCloudlink.start({ nodes: 1 });
		device = new DeviceFolder();
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		device.writeConfig({
			vpnEndpoint,
			vpnPort,
			apiKey: secrets[0],
			wifi: [{ psk: secrets[2] }],
		});
		agent = new CommandProcess([
			...device.runArguments,
			...['--marker', 'none', '--pacing', 'lab'],
		]);
		await agent.said('Connected to');
	});

	after(async () => {
		await agent.stop();
		await mock.stop();
		device.remove();
	});

	const write = async (file: string) =>
		await command(
			[
				...['doctor', '--config', device.config, '--insecure'],
				...['--transports', 'websocket', '--bundle', file],
				...['--health', device.health, '--control', device.control],
			],
			{ HTTPS_PROXY: `http://me:${secrets[1]}@proxy:3128`, NO_PROXY: '*' },
		);

	it('writes what tar reads: findings, status, log, configuration and network, without a secret', async () => {
		const file = device.path('bundle.tar.gz');
		const { code, stderr } = await write(file);
		expect(stderr).to.include(`Written to ${file}.`);
		expect(code).to.equal(0);
		expect(statSync(file).mode.toString(8)).to.match(/600$/);
		const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
		expect(names.trim().split('\n')).to.deep.equal(
			[
				...['findings.txt', 'findings.json', 'configuration.json'],
				...['environment.json', 'status.json', 'log.txt'],
				...['network.txt', 'machine.json'],
			].map((name) => `cloudlink-agent/${name}`),
		);
		const all = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8' });
		expect(all).to.include('"history":[{').and.include('Connected to');
		expect(all).to.include('verdict').and.include('"vpnEndpoint"');
		for (const secret of [KEY, ...secrets]) {
			expect(all).not.to.include(secret);
		}
	});

	it('does not write over anything', async () => {
		const { code, stderr } = await write(device.config);
		expect(code).to.equal(2);
		expect(stderr).to.include('EEXIST');
	});

	it('masks by name, at any depth, and leaves the name of a file', () => {
		expect(
			redact({
				a: [{ apiToken: { b: 1 } }],
				keyFile: '/run/key',
				proxy: 'http://u:p@h:1/',
				login: { pass: 'x', passive: true },
			}),
		).to.deep.equal({
			a: [{ apiToken: '***' }],
			keyFile: '/run/key',
			proxy: 'http://***@h:1/',
			login: { pass: '***', passive: true },
		});
	});

	it("masks a proxy's login however people write it", () => {
		const written = {
			HTTPS_PROXY: 'user:hunter22@h:3128',
			ALL_PROXY: 'http://user:hun@ter22@h:3128',
			http_proxy: 'http://user:hun/ter22@h:3128',
			other: 'see http://user:hun/ter22@h:3128 and http://h:1/',
		};
		expect(redact(written)).to.deep.equal({
			HTTPS_PROXY: '***@h:3128',
			ALL_PROXY: 'http://***@h:3128',
			http_proxy: 'http://***@h:3128',
			other: 'see http://***@h:3128 and http://h:1/',
		});
	});
});
