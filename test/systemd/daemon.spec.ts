import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { eventually } from '../integration/device/eventually.js';
import { makeImage } from './image.js';
import { bootable, exposure, Machine } from './machine.js';

const AGENT = 'cloudlink-agent.service';
const OPENVPN = 'openvpn.service';
const MARKER = '/run/openvpn/vpn_status/active';
const RUN =
	'/usr/bin/cloudlink-agent run --config /mnt/boot/config.json --transports openvpn-tcp --openvpn-config /etc/openvpn/openvpn.conf';
/** The shipped unit, but for what it dials; and a way to block its event loop. */
const OWNED = `[Service]\\nExecStart=\\nExecStart=${RUN}\\nEnvironment=NODE_OPTIONS=--require=/usr/lib/block.cjs\\n`;

describe('the daemon, on a real systemd, with an openvpn of its own', function () {
	this.timeout(120_000);

	let root: string;
	let device: Machine;

	const start = (extra = '') => {
		device.tune(AGENT, `${OWNED}${extra}`);
		device.run(
			'systemctl',
			'start',
			'prepare-openvpn.service',
			'cloud.service',
		);
		device.run('systemctl', 'reset-failed');
		device.run('systemctl', 'restart', AGENT);
	};
	const status = () => device.show(AGENT, 'StatusText');
	const up = () =>
		eventually('the link', () => status().startsWith('Connected to'), {
			withinMs: 60_000,
		});
	const restarts = () => Number(device.show(AGENT, 'NRestarts'));
	const ended = (result: string) =>
		eventually('a restart', () =>
			device.journal(AGENT, '--since=-60s').includes(result),
		);
	/** Messages of the last start at a priority. */
	const said = (priority: string) =>
		device.run(
			'sh',
			'-c',
			`journalctl --quiet --no-pager --output=cat --priority=${priority} _SYSTEMD_INVOCATION_ID=${device.show(AGENT, 'InvocationID')}`,
		);

	before(async function () {
		bootable(this);
		root = mkdtempSync(join(tmpdir(), 'cloudlink-machine-'));
		await makeImage(root);
		device = await Machine.boot(root);
		device.sh('mkdir -p /run/openvpn/vpn_status');
	});
	after(() => {
		device?.kill();
		rmSync(root, { recursive: true, force: true });
	});

	it('is READY within seconds, connected or not, and then says that it is connected', async () => {
		const startMs = performance.now();
		start();
		console.log(
			`      READY after ${Math.round(performance.now() - startMs)} ms`,
		);
		expect(device.show(AGENT, 'ActiveState')).to.equal('active');
		await up();
		expect(device.sh(`cat ${MARKER}`)).to.equal('cloudlink-agent');
	});

	it('keeps its place as the main process, whatever its openvpn says to systemd', () => {
		const openvpn = device.run('pgrep', '--full', '^openvpn --config stdin');
		const environment = device.sh(`tr '\\0' '\\n' </proc/${openvpn}/environ`);
		expect(environment).to.not.match(/^(NOTIFY_SOCKET|WATCHDOG_)/m);
		expect(device.sh(`cat /proc/${device.pid(AGENT)}/comm`)).to.equal('node');
		expect(device.journal(AGENT)).to.not.include('which is not our child');
	});

	it('has an exposure of at most 3.5 for systemd-analyze, with that link up', () => {
		expect(exposure(device, AGENT)).to.be.at.most(3.5);
	});

	it('is ended by the watchdog when it is stopped by SIGSTOP, and comes back', async () => {
		start('WatchdogSec=4s\\n');
		await up();
		device.run('systemctl', 'kill', '--kill-whom=main', '--signal=STOP', AGENT);
		const startMs = performance.now();
		await ended('Watchdog timeout');
		await eventually('a restart', () => restarts() === 1, { withinMs: 40_000 });
		await up();
		console.log(
			`      SIGSTOP: back after ${Math.round(performance.now() - startMs)} ms with WatchdogSec=4s`,
		);
	});

	it('is ended by the watchdog when its event loop is blocked, and comes back', async () => {
		start('WatchdogSec=4s\\n');
		await up();
		device.run('systemctl', 'kill', '--kill-whom=main', '--signal=USR2', AGENT);
		await eventually('a restart', () => restarts() === 1, { withinMs: 60_000 });
		await up();
	});

	it('comes back after kill -9, with no marker of its own left meanwhile', async () => {
		start('RestartSec=3s\\n');
		await up();
		device.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', AGENT);
		await eventually('the end of it', () => !device.has(MARKER));
		await eventually('a restart', () => restarts() === 1, { withinMs: 40_000 });
		await up();
		expect(
			device.run('pgrep', '--count', '--full', '^openvpn --config stdin'),
		).to.equal('1');
	});

	it('leaves a marker alone that others have made', async () => {
		device.run('systemctl', 'stop', AGENT);
		expect(device.has(MARKER)).to.equal(false);
		device.sh(`: >${MARKER}`);
		device.run('systemctl', 'stop', 'cloud.service');
		device.run('systemctl', 'start', AGENT);
		device.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', AGENT);
		await eventually('a restart', () => restarts() === 1, { withinMs: 40_000 });
		device.run('systemctl', 'stop', AGENT);
		expect(device.has(MARKER)).to.equal(true);
		device.sh(`rm ${MARKER}`);
	});

	it('says a time of the clock in its status, since the line stands', async () => {
		device.run('systemctl', 'stop', 'cloud.service');
		device.run('systemctl', 'restart', AGENT);
		await eventually('a wait', () => status().includes('next attempt'));
		expect(status()).to.match(
			/the next attempt is at \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\./,
		);
	});

	it('stops within 2 s, twenty times in a row', async () => {
		start();
		const times: number[] = [];
		for (let i = 0; i < 20; i++) {
			device.run('systemctl', 'start', AGENT);
			if (i % 2 === 0) {
				await up();
			}
			const startMs = performance.now();
			device.run('systemctl', 'stop', AGENT);
			times.push(Math.round(performance.now() - startMs));
			expect(device.show(AGENT, 'Result')).to.equal('success');
		}
		console.log(`      stops, in ms: ${times.join(' ')}`);
		expect(Math.max(...times)).to.be.lessThan(2000);
	});

	it('tells the journal how grave a line is: a start that fails, and JSON', async () => {
		device.tune(
			AGENT,
			`[Service]\\nExecStart=\\nExecStart=${RUN.replace('openvpn-tcp', 'pigeon')}\\nRestart=no\\n`,
		);
		device.try('systemctl', 'restart', AGENT);
		expect(said('3')).to.include('--transports must be');
		device.run('systemctl', 'stop', 'cloud.service');
		device.tune(
			AGENT,
			`[Service]\\nExecStart=\\nExecStart=${RUN} --log json\\n`,
		);
		device.run('systemctl', 'restart', AGENT);
		await eventually('a warning', () => said('4').includes('{"time"'));
		expect(said('4')).to.not.include('"level":"info"');
	});

	it('does not dial beside the openvpn.service that has the link, and names it', async () => {
		device.run('systemctl', 'stop', AGENT);
		device.run('systemctl', 'start', 'cloud.service', OPENVPN);
		await eventually('its link', () => device.has(MARKER), {
			withinMs: 30_000,
		});
		const logins = () => device.sh('cat /run/cloud/logins');
		const before = logins();
		start();
		await eventually(
			'a word',
			() => said('4').includes(`${OPENVPN} (process ${device.pid(OPENVPN)})`),
			{ withinMs: 30_000 },
		);
		expect(logins()).to.equal(before);
		expect(device.has(MARKER)).to.equal(true);
		device.run('systemctl', 'stop', AGENT, OPENVPN);
	});

	it('runs on a read-only root, with one warning, and no restart', async () => {
		await device.powerOff();
		device = await Machine.boot(root, '--read-only', '--tmpfs=/var/tmp');
		device.sh('mkdir -p /run/openvpn/vpn_status');
		start();
		await up();
		expect(said('4')).to.match(
			/^The state cannot be kept in .*EROFS.*until the next boot/m,
		);
		expect(said('4').split('\n')).to.have.length(1);
		expect(restarts()).to.equal(0);
		device.run('systemctl', 'stop', AGENT);
		expect(device.has('/run/cloudlink-agent/state.json')).to.equal(true);
	});
});
