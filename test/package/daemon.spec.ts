import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import type { AgentStatus } from '../../src/index.js';
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
			process.argv.splice(1, 9, path, 'run', '--uuid', 'a', '--transports', 'attach:./nobody.sock', '--log-level', 'error');
			process.argv.push('--state', 'none', '--health', './loads.sock', '--control', 'none', '--marker', 'none');
			require(path);
			setTimeout(() => {
				const files = Object.keys(require.cache).map((file) => file.replace(/^.*dist./, ''));
				const builtin = process.moduleLoadList.map((name) => name.replace('NativeModule ', 'node:'));
				console.log([...files, ...builtin].join(' '));
				process.exit();
			}, 1500);`,
		);
		expect(printed).to.match(/ daemon-.* attached-/);
		expect(printed).not.to.match(
			/(^| )(mock|simulate|doctor|demo|status|x509|commander|index\.cjs|testing\.cjs|owned|state-file|node:https? |node:https?$)/,
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
		expect((await second.stop()).code).to.equal(0);
		await eventually('STOPPING', () => systemd.count('STOPPING=1') === 1);
		await mock.stop();
		systemd.stop();
	});

	it('waits on after kill -9 where it stood, and does not dial anew', async () => {
		const mock = await MockCloudlink.start({
			acceptRatePerSecond: 0.001,
			burst: 0,
			throttle: { retryAfterSeconds: 900 },
		});
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		device.writeConfig({ vpnEndpoint, vpnPort });
		rmSync(device.state, { force: true });
		const run = () => new CommandProcess(device.runArguments, {}, program);
		const waiting = async () => {
			const { stdout } = await new CommandProcess(
				['status', '--json', '--health', device.health],
				{},
				program,
			).finished;
			return (JSON.parse(stdout) as AgentStatus).waiting!;
		};

		const first = run();
		await first.said('The next attempt is in');
		const told = await waiting();
		expect(told.leftMs).to.be.greaterThan(890_000);
		await first.stop('SIGKILL');

		const second = run();
		await second.said('The agent runs');
		const kept = await waiting();
		expect(kept.law).to.equal('memory');
		expect(kept.reason).to.include('before the restart');
		// A device's clock may have stood still meanwhile, so the time since is not taken off.
		expect(kept.leftMs).to.be.within(800_000, told.leftMs + 1_000);
		expect(mock.stats().attempts).to.equal(1);
		await second.stop();

		// A node that is named no longer has no say in when another is dialled.
		const other = await MockCloudlink.start({});
		const [host, port] = other.nodes[0]!.address.split(':');
		device.writeConfig({ vpnEndpoint: host, vpnPort: port });
		const third = run();
		await third.said('Connected to');
		expect(mock.stats().attempts).to.equal(1);
		await third.stop();
		await Promise.all([mock.stop(), other.stop()]);
	});
});
