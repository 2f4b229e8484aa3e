import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { eventually } from '../integration/device/eventually.js';
import { makeImage } from './image.js';
import { bootable, exposure, Machine } from './machine.js';

const AGENT = 'cloudlink-agent-attached.service';
const OPENVPN = 'openvpn.service';
const GUARD = 'cloudlink-openvpn-guard.service';
const SIGN = '/run/cloudlink-openvpn/management.sock.agent';
const MARKER = '/run/openvpn/vpn_status/active';

/** How long an openvpn without a link may be left in hold by an agent that is dead. */
const FREED_WITHIN_MS = 90_000;

describe('an agent attached to openvpn.service, on a real systemd', function () {
	this.timeout(300_000);

	let root: string;
	let device: Machine;

	before(async function () {
		bootable(this);
		root = mkdtempSync(join(tmpdir(), 'cloudlink-machine-'));
		await makeImage(root);
		device = await Machine.boot(root);
		device.run('systemctl', 'start', 'cloud.service', OPENVPN);
	});
	after(() => {
		device?.kill();
		rmSync(root, { recursive: true, force: true });
	});

	const logins = () =>
		device
			.sh('cat /run/cloud/logins 2>/dev/null || true')
			.split('\n')
			.filter((line) => line !== '').length;
	/** How often openvpn has dialled since it was started. */
	const dials = () =>
		Number(
			device.sh(
				`journalctl --quiet --no-pager --unit ${OPENVPN} | grep -c 'Attempting to establish TCP' || true`,
			),
		);
	const requests = () =>
		Number(device.sh('cat /run/os-config.requests | wc -l'));
	const commandLine = () =>
		device.sh(`tr '\\0' ' ' </proc/${device.pid(OPENVPN)}/cmdline`);
	const isUp = () => device.has(MARKER);
	const up = (withinMs = 40_000) => eventually('the link', isUp, { withinMs });
	const attached = () =>
		eventually('the sign', () => device.has(SIGN), { withinMs: 20_000 });
	const status = () => device.show(AGENT, 'StatusText');
	/** For the hour that it was told, not for the moment before its first attempt after a loss. */
	const isWaiting = () => {
		const [, at = ''] = /next attempt is at (\S+ \S+Z)/.exec(status()) ?? [];
		return Date.parse(at.replace(' ', 'T')) - Date.now() > 30 * 60_000;
	};
	const killAgent = () => {
		device.tune(AGENT, '[Service]\\nRestart=no\\n');
		device.run('systemctl', 'kill', '--signal=KILL', AGENT);
	};
	const startAgent = async () => {
		device.untune(AGENT);
		device.run('systemctl', 'reset-failed');
		device.run('systemctl', 'start', AGENT);
		await attached();
	};

	/** One that remembers nothing of the losses that the cases before it have made. */
	const startAnew = async () => {
		device.run('systemctl', 'stop', AGENT);
		device.sh('rm -rf /var/lib/cloudlink-agent');
		await startAgent();
		await eventually('the agent', () => status().startsWith('Connected to'), {
			withinMs: 40_000,
		});
	};
	/** Cut by a cloud that says: in an hour. */
	const makeWait = async () => {
		device.sh('touch /run/cloud/busy');
		device.run('systemctl', 'restart', 'cloud.service');
		try {
			await eventually('the wait', isWaiting, { withinMs: 60_000 });
		} catch (error) {
			console.log(`      ${status()}\n${device.journal(AGENT, '--lines=20')}`);
			throw error;
		}
	};

	afterEach(() => {
		device.try('rm', '-f', '/run/cloud/busy');
	});

	it('finds an openvpn that runs as it always did where there is no agent', async () => {
		await up();
		expect(commandLine())
			.to.match(/--connect-retry 5 120 --management/)
			.and.not.to.include('hold');
		expect(device.show(OPENVPN, 'RestartUSec')).to.equal('10s');
		expect(device.show(GUARD, 'ActiveState')).to.equal('active');
	});

	it('attaches to the live link without cutting it', async () => {
		const before = logins();
		await startAgent();
		await eventually('the agent', () =>
			device.show(AGENT, 'StatusText').startsWith('Connected to'),
		);
		expect(logins()).to.equal(before);
	});

	it('holds openvpn again within seconds when it is restarted', async () => {
		const startMs = performance.now();
		device.run('systemctl', 'restart', OPENVPN);
		await up();
		await eventually('the agent', () =>
			device.show(AGENT, 'StatusText').startsWith('Connected to'),
		);
		console.log(
			`      restart of openvpn: link back after ${Math.round(performance.now() - startMs)} ms`,
		);
		expect(commandLine()).to.include('--management-hold');
	});

	it('is attached again after kill -9, with the link up all the time', async () => {
		const before = logins();
		const pid = device.pid(AGENT);
		device.run('systemctl', 'kill', '--signal=KILL', AGENT);
		const startMs = performance.now();
		await eventually(
			'the agent',
			() =>
				device.pid(AGENT) !== pid &&
				device.show(AGENT, 'ActiveState') === 'active' &&
				device.show(AGENT, 'StatusText').startsWith('Connected to'),
			{ withinMs: 40_000 },
		);
		console.log(
			`      kill -9 of the agent: attached again after ${Math.round(performance.now() - startMs)} ms`,
		);
		expect(logins()).to.equal(before);
		expect(isUp()).to.equal(true);
	});

	it('waits for as long as it was told: the host leaves it alone', async () => {
		device.sh('touch /run/cloud/busy');
		device.run('systemctl', 'restart', 'cloud.service');
		await eventually(
			'the wait of an hour',
			() =>
				device.show(AGENT, 'StatusText').includes('next attempt is at') &&
				logins() > 0 &&
				device.sh('tail -n 1 /run/cloud/logins').endsWith('busy'),
			{ withinMs: 60_000 },
		);
		const before = {
			pid: device.pid(OPENVPN),
			dials: dials(),
			requests: requests(),
		};
		await sleep(100_000);
		expect({
			pid: device.pid(OPENVPN),
			dials: dials(),
			requests: requests(),
		}).to.deep.equal(before);
	});

	it('is dead without a link: openvpn is free within 90 s, and is asked no request more than one start makes', async () => {
		device.sh('rm -f /run/cloud/busy');
		const before = requests();
		killAgent();
		const diedMs = performance.now();
		await eventually('the link', isUp, { withinMs: FREED_WITHIN_MS });
		console.log(
			`      agent dead without a link: link after ${Math.round((performance.now() - diedMs) / 1000)} s`,
		);
		expect(requests()).to.equal(before + 1);
		expect(device.has(SIGN)).to.equal(false);
		expect(device.journal(GUARD)).to.include('The agent is gone');
	});

	it('is dead with a link: nothing happens until it is lost, and then openvpn dials by itself at once', async () => {
		await startAgent();
		await eventually('the agent', () =>
			device.show(AGENT, 'StatusText').startsWith('Connected to'),
		);
		const pid = device.pid(OPENVPN);
		killAgent();
		await sleep(75_000);
		expect(device.pid(OPENVPN)).to.equal(pid);
		expect(isUp()).to.equal(true);
		const lostMs = performance.now();
		device.run('systemctl', 'restart', 'cloud.service');
		await eventually('its loss', () => !isUp(), { withinMs: 20_000 });
		await eventually('the link', isUp, { withinMs: 30_000 });
		console.log(
			`      agent dead with a link: back ${Math.round(performance.now() - lostMs)} ms after its loss`,
		);
	});

	it('is dead, and the unit is switched off: it stays off', async () => {
		await startAgent();
		device.run('systemctl', 'stop', OPENVPN);
		expect(device.show(GUARD, 'ActiveState')).to.equal('inactive');
		killAgent();
		await sleep(60_000);
		expect(device.show(OPENVPN, 'ActiveState')).to.equal('inactive');
		device.run('systemctl', 'start', OPENVPN);
		expect(device.show(GUARD, 'ActiveState')).to.equal('active');
		await up();
	});

	it('is stopped in order in the middle of a wait: openvpn paces itself, at once', async () => {
		await startAgent();
		device.sh('touch /run/cloud/busy');
		device.run('systemctl', 'restart', 'cloud.service');
		await eventually(
			'the wait',
			() => device.show(AGENT, 'StatusText').includes('next attempt is at'),
			{ withinMs: 60_000 },
		);
		device.sh('rm -f /run/cloud/busy');
		const before = requests();
		device.run('systemctl', 'stop', AGENT);
		await up();
		expect(requests()).to.equal(before);
		expect(device.has(SIGN)).to.equal(false);
	});

	it('is stopped in order while a node swallows its attempts: openvpn gives none of them an hour', async () => {
		// It would keep to the hour that it was told before.
		device.sh('rm -rf /var/lib/cloudlink-agent');
		await startAgent();
		device.run('systemctl', 'restart', OPENVPN);
		await up();
		expect(commandLine()).to.match(/--management-hold.* 3660/);
		const before = dials();
		device.run('systemctl', 'restart', 'cloud.service');
		// What is frozen goes on taking connections, and says nothing.
		device.run('systemctl', 'kill', '--signal=STOP', 'cloud.service');
		try {
			await eventually('an attempt', () => dials() > before && !isUp(), {
				withinMs: 120_000,
			});
			const pid = device.pid(OPENVPN);
			const asked = requests();
			device.run('systemctl', 'stop', AGENT);
			const leftMs = performance.now();
			await eventually(
				'an openvpn with its own time-outs',
				() => ![0, pid].includes(device.pid(OPENVPN)),
				{ withinMs: 150_000 },
			);
			console.log(
				`      agent left in an outage: openvpn is its own again after ${Math.round((performance.now() - leftMs) / 1000)} s`,
			);
			expect(commandLine()).to.not.match(/hold|3660/);
			expect(requests()).to.equal(asked + 1);
			expect(device.journal(GUARD)).to.include('The agent has left');
		} finally {
			device.run('systemctl', 'kill', '--signal=CONT', 'cloud.service');
		}
		await up();
	});

	it('survives what os-config does when the configuration changes: stop, write, start', async () => {
		await startAgent();
		// First the supervisor, and it waits for its end.
		device.run('systemctl', 'stop', AGENT);
		device.run('systemctl', 'stop', 'prepare-openvpn.service', OPENVPN);
		device.run('systemctl', 'start', 'prepare-openvpn.service', OPENVPN);
		await up();
		await startAgent();
		await eventually('the agent', () =>
			device.show(AGENT, 'StatusText').startsWith('Connected to'),
		);
	});

	it('starts again and again and never gets to dial: openvpn is taken from it, once', async () => {
		await startAnew();
		await makeWait();
		device.sh('rm -f /run/cloud/busy');
		const before = requests();
		device.tune(
			AGENT,
			'[Service]\\nRuntimeMaxSec=2s\\nKillSignal=SIGKILL\\nRestartSec=6s\\n',
		);
		const startMs = performance.now();
		device.run('systemctl', 'restart', AGENT);
		await up(180_000);
		console.log(
			`      agent that starts again and again: link after ${Math.round((performance.now() - startMs) / 1000)} s`,
		);
		await sleep(30_000);
		// None where one of its starts got to dial after all.
		expect(requests()).to.be.within(before, before + 1);
		expect(isUp()).to.equal(true);
		device.run('systemctl', 'stop', AGENT);
		device.untune(AGENT);
		device.sh('rm -f /run/cloudlink-openvpn/taken');
		device.run('systemctl', 'restart', OPENVPN);
		// The sign of an agent that was killed holds it for as long as it takes to be seen as dead.
		await up(100_000);
	});

	it('does not start openvpn more often than its own unit does while it dies of itself', async () => {
		// Without an agent, which would pace it.
		device.run('systemctl', 'stop', AGENT);
		device.sh('mv /etc/openvpn-misc/upscript.sh /etc/openvpn-misc/gone');
		const before = requests();
		device.run('systemctl', 'restart', OPENVPN);
		await sleep(45_000);
		const made = requests() - before;
		device.sh('mv /etc/openvpn-misc/gone /etc/openvpn-misc/upscript.sh');
		console.log(`      openvpn that dies at once: ${made} requests in 45 s`);
		// One for the restart, and one each 10 s.
		expect(made).to.be.within(2, 6);
		await up();
	});

	it('has an exposure of at most 3.5 for systemd-analyze', async () => {
		await startAgent();
		expect(exposure(device, AGENT)).to.be.at.most(3.5);
	});

	it('waits on over a reboot, with openvpn in hold from its first attempt on', async () => {
		await startAnew();
		await makeWait();
		const until = /attempt is at ([^.]*)/.exec(status())?.[1];
		device.run('systemctl', 'enable', 'cloud.service', OPENVPN, AGENT);
		const offMs = await device.powerOff();
		console.log(`      power-off: ${Math.round(offMs)} ms`);
		expect(offMs).to.be.lessThan(15_000);

		device = await Machine.boot(root);
		await eventually('the wait', isWaiting, { withinMs: 30_000 });
		await sleep(15_000);
		expect(device.show(OPENVPN, 'ActiveState')).to.equal('active');
		expect(logins()).to.equal(0);
		console.log(
			`      the next attempt was to be at ${until}; after the reboot: ${status()}`,
		);
		expect(device.show(AGENT, 'NRestarts')).to.equal('0');
	});
});
