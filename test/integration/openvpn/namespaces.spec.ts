import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect } from 'chai';

import type { OpenvpnServer } from '../../../src/cli/demo/openvpn/server.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import { Namespace } from '../../support/namespaces.js';
import {
	children,
	dialOf,
	needsOpenvpn,
	startServer,
	testAuthority,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);
const DROPIN = fileURLToPath(
	new URL('../../../examples/openvpn-dropin/', import.meta.url),
);
const CLOUD = '10.77.0.1';

describe('openvpn: with a tun of its own, in two network namespaces', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this, 'ip', 'curl');
	});
	watchLeftovers();

	let device: Namespace;
	let cloud: Namespace;
	let directory: string;
	let marker: string;
	beforeEach(() => {
		// Searchable for the user that openvpn becomes.
		directory = mkdtempSync('/tmp/openvpn-device-');
		marker = join(directory, 'active');
		device = new Namespace();
		cloud = new Namespace();
		device.join(cloud, '10.77.0.2/24', `${CLOUD}/24`);
	});
	afterEach(() => {
		device.remove();
		cloud.remove();
		rmSync(directory, { recursive: true, force: true });
	});

	/** A node that hands out addresses of its own, from `10.NET.0.3`. */
	async function node(port: number, net: number) {
		let last = 2;
		return await startServer({
			port,
			address: CLOUD,
			certificateRequest: { names: [CLOUD] },
			binary: cloud.program('openvpn'),
			directives: [
				`ifconfig 10.${net}.0.1 10.${net}.0.2`,
				`route 10.${net}.0.0 255.255.255.0`,
			],
			// Another one at each connect.
			authenticate: () => {
				last += 1;
				return {
					accept: ['ping-exit 60'],
					config: [`ifconfig-push 10.${net}.0.${last} 10.${net}.0.1`],
				};
			},
		});
	}

	/** The device's own configuration, less comp-lzo, with a user and scripts that exist here. */
	async function deviceConfig(port: number): Promise<string> {
		const script = (name: string, body: string) => {
			const path = join(directory, name);
			writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
			return path;
		};
		// The dropped user touches and removes the marker.
		await run('chmod', ['777', directory]);
		const up = script('upscript.sh', `touch ${marker}; chmod 666 ${marker}`);
		const down = script('downscript.sh', `rm -f ${marker}`);
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n');
		const { ca } = await testAuthority();
		return STOCK_CONFIG.replace('comp-lzo\n', '')
			.replace('cloudlink.example.com 443', `${CLOUD} ${port}`)
			.replace(/<ca>.*<\/ca>/s, `<ca>\n${ca}</ca>`)
			.replace('/var/volatile/vpn-auth', credentials)
			.replace('/etc/openvpn-misc/upscript.sh', up)
			.replace('/etc/openvpn-misc/downscript.sh', down)
			.replace('user openvpn', 'user nobody')
			.replace('group openvpn', 'group nogroup');
	}

	const addresses = () => device.run('ip', '-o', '-4', 'addr');
	const routes = () => device.run('ip', 'route');

	/** Whether the other end of the tunnel can be reached: it refuses a connection. */
	async function reaches(address: string): Promise<boolean> {
		const { stderr } = await run('ip', [
			...['netns', 'exec', device.name, 'timeout', '5', 'bash', '-c'],
			`(echo > /dev/tcp/${address}/9) || true`,
		]);
		return stderr.includes('Connection refused');
	}

	/** The server says that a client is there before its tun carries anything. */
	const restart = async (server: OpenvpnServer) => {
		await until(() => server.cidOf('uuid1') !== undefined);
		await server.command(
			`client-kill ${server.cidOf('uuid1')} "RESTART,[P]window=5"`,
		);
	};

	describe('run by the agent', () => {
		it('takes another address, and a second node, without trouble', async () => {
			const first = await node(1194, 50);
			const second = await node(1195, 60);
			const transport = openvpn({
				config: await deviceConfig(1194),
				binary: device.program('openvpn'),
			});
			const dial = (port: number) =>
				transport.dial(
					dialOf(undefined, {
						node: { name: `${CLOUD}:${port}`, host: CLOUD, port },
					}),
				);

			const before = children();
			const one = await dial(1194);
			// Whatever user the configuration names.
			const [pid] = children().filter((child) => !before.includes(child));
			expect(readFileSync(`/proc/${pid}/status`, 'utf8')).to.match(
				/^Uid:\t0\t0/m,
			);
			expect(addresses()).to.match(
				/resin-vpn .*10\.50\.0\.3 peer 10\.50\.0\.1/,
			);
			expect(await reaches('10.50.0.1')).to.equal(true);
			expect(existsSync(marker)).to.equal(true);
			await restart(first);
			expect((await one.ended).kind).to.equal('drained');
			expect(addresses()).to.not.contain('resin-vpn');
			expect(existsSync(marker)).to.equal(false);

			const two = await dial(1194);
			expect(addresses()).to.contain('10.50.0.4 peer 10.50.0.1');
			await restart(first);
			await two.ended;

			const three = await dial(1195);
			expect(addresses()).to.contain('10.60.0.3 peer 10.60.0.1');
			expect(routes()).to.not.contain('10.50.');
			expect(await reaches('10.60.0.1')).to.equal(true);
			await three.close(0);
			expect(addresses()).to.not.contain('resin-vpn');
			await second.stop();
		});
	});

	describe('run by balenaOS, with the drop-in', () => {
		let service: ChildProcess | undefined;
		let socket: string;
		afterEach(async () => {
			if (service?.exitCode === null && service.signalCode === null) {
				const exited = new Promise((resolve) => service!.once('exit', resolve));
				service.kill();
				await exited;
			}
		});

		const helper = readFileSync(join(DROPIN, 'helper.sh'), 'utf8');
		/** What the helper tells openvpn where no agent is there, and what more where one is. */
		const [attach, hold] = ['ATTACH', 'HOLD'].map(
			(name) => new RegExp(`^${name}=['"](.*)['"]$`, 'm').exec(helper)![1]!,
		);

		/** Starts what ExecStart says, with the paths of a device moved to a directory of ours. */
		async function startService(port: number, flags: string): Promise<void> {
			const config = join(directory, 'openvpn.conf');
			writeFileSync(config, await deviceConfig(port));
			socket = join(directory, 'management.sock');
			const unit = readFileSync(join(DROPIN, 'cloudlink.conf'), 'utf8');
			const command = /^ExecStart=(\/(?:.*\\\n)*.*)$/m
				.exec(unit)![1]!
				.replaceAll('\\\n', ' ')
				.replace('/etc/openvpn/openvpn.conf', config)
				.replace('--cd /etc/openvpn/', `--cd ${directory}`)
				.replace('/run/openvpn/openvpn.pid', join(directory, 'pid'));
			expect(command).to.not.match(/ \/(?:etc|run)\//);
			service = spawn(
				'ip',
				['netns', 'exec', device.name, 'sh', '-c', `exec ${command}`],
				{
					stdio: 'ignore',
					env: {
						...process.env,
						CLOUDLINK_FLAGS: flags.replace('$SOCKET', socket),
					},
				},
			);
			await until(() => existsSync(socket));
		}

		it('holds, dials when it is told to, and the marker is right throughout', async () => {
			const server = await node(1194, 50);
			await startService(1194, `${attach} ${hold}`);
			const transport = openvpn({ attach: socket });
			const request = dialOf(undefined, { device: { uuid: 'uuid1' } });
			const link = await transport.dial(request);
			expect(link.node).to.equal(`${CLOUD}:1194`);
			expect(await reaches('10.50.0.1')).to.equal(true);
			expect(existsSync(marker)).to.equal(true);

			await link.close(0);
			expect(existsSync(marker)).to.equal(true);

			const successor = openvpn({ attach: socket });
			const again = await successor.dial(request);
			expect(server.logins).to.have.length(1);
			await restart(server);
			expect((await again.ended).hint).to.deep.equal({
				reconnectWindowMs: 5000,
			});
			await until(() => !existsSync(marker));
			expect(server.logins).to.have.length(1);
			await successor.release!();
		});

		it('dials by itself where no agent was there when it started', async () => {
			const server = await node(1194, 50);
			await startService(1194, attach!);
			await until(() => existsSync(marker));
			expect(server.logins).to.have.length(1);
		});
	});
});
