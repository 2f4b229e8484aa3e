import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import { BalenaVpn, stopBalenaVpns } from '../../support/openvpn-balena.js';
import { ForeignOpenvpn, stopForeign } from '../../support/openvpn-foreign.js';
import {
	dialOf,
	needsOpenvpn,
	outcomeOf,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { closed, until } from '../../support/until.js';

describe('openvpn: beside one that has the link already', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'busy-'));
	});
	afterEach(async () => {
		await stopForeign();
		await stopBalenaVpns();
		rmSync(directory, { recursive: true, force: true });
	});

	/** A server that drops the older of two links of one name, and a link that works, by an openvpn that is not ours. */
	async function working(device: string) {
		const vpn = await BalenaVpn.start();
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
		const config = vpn
			.clientConfig()
			.replace('/var/volatile/vpn-auth', credentials)
			.replace('dev resin-vpn', `dev ${device}\ndev-type tun`);
		const client = new ForeignOpenvpn([
			config,
			'ifconfig-noexec',
			'route-noexec',
		]);
		await client.hasLogged(/Need hold release/);
		await client.ask('hold off', 'hold release');
		await until(() => vpn.logins.length === 1);
		await client.hasLogged(/Initialization Sequence Completed/);
		return { vpn, client, config };
	}

	it('is openvpn-busy for one with the same tun, names the process, and leaves its link alone', async () => {
		const { vpn, client, config } = await working(`clb${process.pid % 1000}`);
		const ended = await outcomeOf(
			openvpn({ config, directives: ['ifconfig-noexec', 'route-noexec'] }).dial(
				dialOf(vpn.port, { device: { uuid: 'uuid1', key: 'key1' } }),
			),
		);
		expect(ended.code, ended.message).to.equal('openvpn-busy');
		expect(ended.kind).to.equal('misconfigured');
		expect(ended.message).to.contain(`process ${client.process.pid}`);
		expect(vpn.logins).to.deep.equal(['uuid1 right']);
		expect(client.isAlive).to.equal(true);
		expect(client.process.output.join()).to.not.match(/restarting/);
	});

	it('is openvpn-busy for one that was started with the same configuration, also while it holds', async () => {
		const vpn = await BalenaVpn.start();
		const file = join(directory, 'openvpn.conf');
		const socket = join(directory, 'management.sock');
		writeFileSync(join(directory, 'vpn-auth'), 'uuid1\nkey1\n', {
			mode: 0o600,
		});
		writeFileSync(
			file,
			vpn
				.clientConfig()
				.replace('dev resin-vpn', 'dev null')
				.replace('/var/volatile/vpn-auth', join(directory, 'vpn-auth')),
		);
		const client = spawn(
			'openvpn',
			[
				...['--cd', directory, '--config', 'openvpn.conf'],
				...['--management', socket, 'unix', '--management-hold'],
			],
			{ stdio: 'ignore' },
		);
		try {
			await until(() => existsSync(socket));
			const ended = await outcomeOf(
				openvpn({ config: file }).dial(dialOf(vpn.port)),
			);
			expect(ended.code, ended.message).to.equal('openvpn-busy');
			expect(ended.message).to.contain(`process ${client.pid}`);
		} finally {
			const gone = closed(client);
			client.kill('SIGKILL');
			await gone;
		}
	});
});
