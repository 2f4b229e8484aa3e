import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { MockCloudlink } from '../../src/testing/index.js';
import {
	CommandProcess,
	DeviceFolder,
} from '../integration/cli/agent-process.js';
import { eventually } from '../integration/device/eventually.js';
import { FakeSystemd } from '../integration/device/fake-systemd.js';
import { installPacked, version, type Packed } from './packed.js';

describe('the packed tarball, as a service outside the repository', function () {
	this.timeout(120_000);

	let packed: Packed;
	let program: string[];
	let device: DeviceFolder;

	before(() => {
		packed = installPacked();
		program = [join(packed.folder, 'node_modules', '.bin', 'cloudlink-agent')];
		device = new DeviceFolder();
	});

	after(() => {
		packed.remove();
		device.remove();
	});

	it('knows its version', async () => {
		const { stdout } = await new CommandProcess(['--version'], {}, program)
			.finished;
		expect(stdout).to.equal(`${version}\n`);
	});

	it('lists its commands', async () => {
		const { stdout, code } = await new CommandProcess(['--help'], {}, program)
			.finished;
		expect(code).to.equal(0);
		for (const name of [
			'run',
			'status',
			'check',
			'doctor',
			'mock',
			'demo',
			'simulate',
		]) {
			expect(stdout).to.match(new RegExp(`^ +${name} `, 'm'));
		}
	});

	it('loads for `run` what `run` needs, and no other command', () => {
		const printed = packed.script(
			'loads.cjs',
			`const path = require.resolve('cloudlink-agent/package.json').replace('package.json', 'dist/cli.cjs');
			process.argv.splice(1, 9, path, 'run', '--help');
			process.stdout.write = () => true;
			require(path);
			process.on('exit', () => {
				process.exitCode = 0;
				require('node:fs').writeSync(1, Object.keys(require.cache).map((file) => file.replace(/^.*dist./, '')).join());
			});`,
		);
		expect(printed).to.match(/\brun-/);
		expect(printed).not.to.match(
			/\b(mock|simulate|doctor|demo|status|x509|index\.cjs|testing\.cjs)/,
		);
	});

	it('says READY, WATCHDOG and STOPPING, also after kill -9', async function () {
		if (!FakeSystemd.possible && !process.env.CI) {
			this.skip(); // Needs systemd-notify and perl.
		}
		const systemd = await FakeSystemd.start();
		const mock = await MockCloudlink.start({});
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		device.writeConfig({ vpnEndpoint, vpnPort });
		const env = { NOTIFY_SOCKET: systemd.socket, WATCHDOG_USEC: '1000000' };
		const args = [...device.runArguments, '--pacing', 'lab'];

		const first = new CommandProcess(args, env, program);
		await eventually('READY', () => systemd.count('READY=1') === 1);
		await eventually('WATCHDOG', () => systemd.count('WATCHDOG=1') >= 2);
		await first.said('Connected to');
		await first.stop('SIGKILL');

		const second = new CommandProcess(args, env, program);
		await eventually('READY again', () => systemd.count('READY=1') === 2);
		await second.said('Connected to');
		expect(second.stderr).not.to.include('state file');
		const memory = JSON.parse(
			readFileSync(device.state, 'utf8').split('\n')[1]!,
		) as { sections: object };
		expect(memory.sections).to.include.keys('pacing');
		expect((await second.stop()).code).to.equal(0);
		await eventually('STOPPING', () => systemd.count('STOPPING=1') === 1);
		await mock.stop();
		systemd.stop();
	});
});
