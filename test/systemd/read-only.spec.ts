import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { eventually } from '../integration/device/eventually.js';
import { makeImage } from './image.js';
import { bootable, Machine } from './machine.js';

const AGENT = 'cloudlink-agent-attached.service';
const SUPERVISOR = 'supervisor.service';
const OPENVPN = 'openvpn.service';
const GUARD = 'cloudlink-openvpn-guard.service';
const SIGN = '/run/cloudlink-openvpn/management.sock.agent';
const MARKER = '/run/openvpn/vpn_status/active';
const BUSY = '/run/cloud/busy';
const IN_RUN = '/run/systemd/system/openvpn.service.d/cloudlink.conf';

/** As balenaOS has it: nothing of the root can be written, and what is in /run is gone with the boot. */
describe('an agent attached to openvpn.service, on a root that is read-only', function () {
	this.timeout(300_000);

	let folder: string;
	let root: string;
	let device: Machine | undefined;

	before(async function () {
		bootable(this);
		folder = mkdtempSync(join(tmpdir(), 'cloudlink-machine-'));
		root = join(folder, 'root');
		mkdirSync(join(folder, 'data'));
		await makeImage(root);
		// An OS has its units enabled; nothing can be enabled on a root that is read-only.
		const wants = join(root, 'usr/lib/systemd/system/multi-user.target.wants');
		mkdirSync(wants, { recursive: true });
		for (const unit of ['cloud.service', OPENVPN]) {
			symlinkSync(`../${unit}`, join(wants, unit));
		}
	});
	afterEach(() => {
		device?.kill();
		device = undefined;
	});
	after(() => {
		if (folder) {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	const boot = async (): Promise<Machine> => {
		device = await Machine.boot(
			root,
			'--read-only',
			'--tmpfs=/var/tmp',
			`--bind=${join(folder, 'data')}:/mnt/data`,
		);
		expect(device.try('touch', '/usr/lib/written').status).to.equal(1);
		return device;
	};
	const reboot = async (machine: Machine): Promise<Machine> => {
		await machine.powerOff();
		return await boot();
	};
	const up = async (machine: Machine, withinMs = 40_000) =>
		await eventually('the link', () => machine.has(MARKER), { withinMs });
	const commandLine = (machine: Machine) =>
		machine.sh(`tr '\\0' ' ' </proc/${machine.pid(OPENVPN)}/cmdline`);
	const logins = (machine: Machine) =>
		machine
			.sh('cat /run/cloud/logins 2>/dev/null || true')
			.split('\n')
			.filter((line) => line !== '').length;
	/** Warnings, and what is graver, of the last start of a unit. */
	const warned = (machine: Machine, unit: string) =>
		machine
			.run(
				'journalctl',
				...['--quiet', '--no-pager', '--output=cat', '--priority=4'],
				`_SYSTEMD_INVOCATION_ID=${machine.show(unit, 'InvocationID')}`,
			)
			.split('\n')
			.filter((line) => line !== '');
	const isConnected = (machine: Machine) =>
		machine.show(AGENT, 'StatusText').startsWith('Connected to');
	const startAgent = async (machine: Machine, more = '') => {
		machine.tune(AGENT, `[Service]\\n${more}`);
		machine.run('systemctl', 'start', AGENT);
		await eventually('the agent', () => isConnected(machine), {
			withinMs: 40_000,
		});
	};
	/** Cut by a cloud that says: in an hour. */
	const makeWait = async (machine: Machine) => {
		machine.sh(`touch ${BUSY}`);
		machine.run('systemctl', 'restart', 'cloud.service');
		return await eventually(
			'the wait of an hour',
			() => {
				const [, at = ''] =
					/next attempt is at (\S+ \S+Z)/.exec(
						machine.show(AGENT, 'StatusText'),
					) ?? [];
				const atMs = Date.parse(at.replace(' ', 'T'));
				return atMs - Date.now() > 30 * 60_000 && atMs;
			},
			{ withinMs: 60_000 },
		);
	};

	describe('with the drop-in in the image', () => {
		it('takes the live link over and holds the next one, with one warning, for the state', async () => {
			const machine = await boot();
			await up(machine);
			expect(machine.show(OPENVPN, 'DropInPaths')).to.equal(
				'/usr/lib/systemd/system/openvpn.service.d/cloudlink.conf',
			);
			expect(machine.show(GUARD, 'ActiveState')).to.equal('active');
			const before = logins(machine);
			await startAgent(machine);
			expect(logins(machine)).to.equal(before);
			const [warning, ...more] = warned(machine, AGENT);
			expect(warning).to.match(
				/^The state cannot be kept in .*EROFS.*until the next boot/,
			);
			expect(more).to.deep.equal([]);
			machine.run('systemctl', 'restart', OPENVPN);
			await up(machine);
			expect(commandLine(machine)).to.include('--management-hold');
			await eventually('the agent', () => isConnected(machine));
			expect(machine.show(AGENT, 'NRestarts')).to.equal('0');
			expect(warned(machine, GUARD)).to.deep.equal([]);
		});

		it('keeps to a wait over kill -9, and its host frees openvpn where it stays away', async () => {
			const machine = await boot();
			await up(machine);
			await startAgent(machine);
			const atMs = await makeWait(machine);
			const before = logins(machine);
			machine.run('systemctl', 'kill', '--signal=KILL', AGENT);
			await eventually(
				'the same wait',
				() =>
					machine.show(AGENT, 'NRestarts') === '1' &&
					machine
						.show(AGENT, 'StatusText')
						.includes(
							new Date(atMs).toISOString().slice(0, 16).replace('T', ' '),
						),
				{ withinMs: 40_000 },
			);
			expect(logins(machine)).to.equal(before);
			machine.sh(`rm ${BUSY}`);
			machine.tune(AGENT, '[Service]\\nRestart=no\\n');
			machine.run('systemctl', 'kill', '--signal=KILL', AGENT);
			const diedMs = performance.now();
			await up(machine, 90_000);
			console.log(
				`      agent dead without a link, root read-only: link after ${Math.round((performance.now() - diedMs) / 1000)} s`,
			);
		});

		it('waits on over a reboot where its state is on a partition that can be written', async () => {
			const state =
				'ReadWritePaths=/mnt/data\\nExecStart=\\nExecStart=/usr/bin/cloudlink-agent run --config /mnt/boot/config.json --state /mnt/data/cloudlink.json --transports attach:/run/cloudlink-openvpn/management.sock\\n';
			let machine = await boot();
			await up(machine);
			await startAgent(machine, state);
			expect(warned(machine, AGENT)).to.deep.equal([]);
			const atMs = await makeWait(machine);
			machine = await reboot(machine);
			// The boot starts openvpn before any agent: it dials once, as it does today, and has its link.
			await up(machine);
			machine.tune(AGENT, `[Service]\\n${state}`);
			machine.sh(`touch ${BUSY}`);
			machine.run('systemctl', 'stop', OPENVPN);
			machine.run('systemctl', 'start', AGENT);
			machine.run('systemctl', 'start', OPENVPN);
			const before = logins(machine);
			await eventually(
				'the same wait',
				() =>
					machine
						.show(AGENT, 'StatusText')
						.includes(
							new Date(atMs).toISOString().slice(0, 16).replace('T', ' '),
						),
				{ withinMs: 30_000 },
			);
			await sleep(10_000);
			expect(logins(machine)).to.equal(before);
		});
	});

	describe('with the drop-in put there by the supervisor', () => {
		before(() => {
			const units = join(root, 'usr/lib/systemd/system');
			for (const part of [
				join(units, 'openvpn.service.d'),
				join(units, GUARD),
				join(root, 'usr/lib/cloudlink-openvpn'),
			]) {
				rmSync(part, { recursive: true });
			}
			// It would keep to the hour that the agent before it was told.
			rmSync(join(folder, 'data/cloudlink.json'), { force: true });
			symlinkSync(
				`../${SUPERVISOR}`,
				join(units, 'multi-user.target.wants', SUPERVISOR),
			);
		});
		const said = (machine: Machine) => machine.journal(SUPERVISOR);
		const adopted = async (machine: Machine) => {
			await eventually(
				'the drop-in',
				() => said(machine).includes('The drop-in is in effect.'),
				{ withinMs: 60_000 },
			);
			await eventually('the link', () =>
				said(machine).includes('VPN connection is active'),
			);
		};

		it('is there after each boot, at the price of one restart of openvpn', async () => {
			let machine = await boot();
			for (const isFirst of [true, false]) {
				await adopted(machine);
				expect(machine.show(OPENVPN, 'DropInPaths')).to.equal(IN_RUN);
				expect(machine.show(GUARD, 'ActiveState')).to.equal('active');
				expect(machine.sh('cat /run/os-config.requests | wc -l')).to.equal('2');
				expect(said(machine).match(/is restarted/g)).to.have.length(1);
				expect(machine.show(SUPERVISOR, 'NRestarts')).to.equal('0');
				if (isFirst) {
					machine = await reboot(machine);
				}
			}
		});

		it('holds openvpn from its next start on, leaves the link up when it ends, and strands nobody when it dies', async () => {
			const machine = await boot();
			await adopted(machine);
			machine.run('systemctl', 'restart', OPENVPN);
			await up(machine);
			expect(commandLine(machine)).to.include('--management-hold');

			const before = logins(machine);
			machine.run('systemctl', 'restart', SUPERVISOR);
			await eventually('the next supervisor', () => machine.has(SIGN));
			expect(logins(machine)).to.equal(before);
			expect(machine.has(MARKER)).to.equal(true);
			// What it ended with.
			expect(said(machine)).to.include('status=143');

			machine.tune(SUPERVISOR, '[Service]\\nRestart=no\\n');
			machine.run('systemctl', 'kill', '--signal=KILL', SUPERVISOR);
			await sleep(60_000);
			expect(machine.has(MARKER)).to.equal(true);
			machine.run('systemctl', 'restart', 'cloud.service');
			const lostMs = performance.now();
			await eventually('its loss', () => !machine.has(MARKER), {
				withinMs: 20_000,
			});
			await up(machine);
			console.log(
				`      supervisor dead with a link: back ${Math.round(performance.now() - lostMs)} ms after its loss`,
			);
		});
	});
});
