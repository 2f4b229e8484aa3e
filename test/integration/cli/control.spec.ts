import { expect } from 'chai';
import { statSync } from 'node:fs';

import { MockCloudlink } from '../../../src/testing/index.js';
import {
	command,
	CommandProcess,
	DeviceFolder,
	KEY,
	UUID,
} from './agent-process.js';

describe('the commands for a running agent', function () {
	this.timeout(60_000);
	let mock: MockCloudlink;
	let device: DeviceFolder;
	let agent: CommandProcess;

	before(async () => {
		mock = await MockCloudlink.start({ nodes: 1 });
		device = new DeviceFolder();
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		device.writeConfig({ vpnEndpoint, vpnPort });
		agent = new CommandProcess([
			...device.runArguments,
			'--marker',
			'none',
			'--pacing',
			'lab',
		]);
		await agent.said('Connected to');
	});

	after(async () => {
		await agent.stop();
		await mock.stop();
		device.remove();
	});

	const tell = async (name: string) =>
		await command([name, '--control', device.control]);
	const status = async () => {
		const args = ['status', '--health', device.health];
		return (await command(args)).stdout;
	};

	it('reach it over a socket that its user alone may open', () => {
		expect(statSync(device.control).mode.toString(8)).to.match(/600$/);
	});

	it('ask its node for an answer over the live link', async () => {
		const { stdout, code } = await tell('ping');
		expect(code).to.equal(0);
		expect(stdout).to.match(
			/^127\.0\.0\.1:\d+ answers over websocket: \d+\.\d ms\.$/m,
		);
	});

	it('make another link in the place of the current one', async () => {
		const before = mock.stats().accepted;
		const { stdout, code } = await tell('reconnect');
		expect(`${code} ${stdout}`).to.equal('0 Another link was asked for.\n');
		await agent.said(
			/\(drained\)\. Another link was asked for\.(.|\n)*Connected/,
		);
		expect(mock.stats().accepted).to.equal(before + 1);
		expect(await status()).to.match(
			/^attempts +tried twice, connected twice$/m,
		);
	});

	it('pause it, which is no failure, and resume it', async () => {
		expect((await tell('pause')).stdout).to.match(
			/^The agent is paused, until/,
		);
		expect(mock.stats().connected).to.equal(0);
		expect(await status()).to.match(
			/^state +paused$(.|\n)*^health +The agent is paused\.$/m,
		);
		const live = ['check', '--live', '--health', device.health];
		expect((await command(live)).code).to.equal(0);
		const refused = await tell('reconnect');
		expect(`${refused.code} ${refused.stdout}`).to.match(
			/^1 The agent is paused/,
		);
		expect((await tell('resume')).stdout).to.equal('The agent goes on.\n');
		await agent.said(/paused(.|\n)*Connected|Connected(.|\n)*\/resume/);
	});

	it('have it read its configuration anew, as SIGHUP does', async () => {
		expect((await tell('reload')).stdout).to.equal(
			'config.json has not changed.\n',
		);
		device.writeConfig({
			vpnEndpoint: '127.0.0.1',
			vpnPort: mock.nodes[0]!.port,
			uuid: UUID,
			deviceApiKey: `${KEY}x`,
		});
		agent.child.kill('SIGHUP');
		await agent.said('config.json changed: key.');
		expect(agent.child.exitCode).to.equal(null);
	});

	it('say by the exit code that what cannot be used was not taken over', async () => {
		device.write('config.json', '{ "uuid": ');
		const { code, stdout } = await tell('reload');
		expect(stdout).to.match(/is not taken over\. .*not valid JSON/);
		expect(code).to.equal(1);
		device.writeConfig();
	});

	it('say what to do where no agent takes them', async () => {
		const { code, stderr } = await command([
			'pause',
			'--control',
			device.path('nobody.sock'),
		]);
		expect(code).to.equal(1);
		expect(stderr).to.match(/^No agent answers on .*nobody\.sock .*--control/);
	});
});
