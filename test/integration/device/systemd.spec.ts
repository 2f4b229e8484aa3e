import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { serviceNotifier } from '../../../src/device/systemd.js';
import { eventually } from './eventually.js';
import { FakeSystemd } from './fake-systemd.js';

describe('systemd', () => {
	let systemd: FakeSystemd;

	before(function () {
		if (!FakeSystemd.possible && !process.env.CI) {
			this.skip(); // Needs systemd-notify and perl.
		}
	});

	beforeEach(async () => {
		systemd = await FakeSystemd.start();
	});

	afterEach(() => {
		systemd.stop();
	});

	it('is told readiness, status, signs of life and the end, in this order', async () => {
		const notifier = serviceNotifier({
			env: {
				...process.env,
				NOTIFY_SOCKET: systemd.socket,
				WATCHDOG_USEC: '2000000',
			},
		});
		expect(notifier.watchdogMs).to.equal(2000);
		notifier.ready('Waits\nfor its turn.');
		notifier.watchdog();
		notifier.status('Connected.');
		notifier.stopping();
		await notifier.flush();
		await eventually('all of it', () => systemd.told.length >= 4);
		expect(systemd.told[0]).to.include('READY=1');
		expect(systemd.told[0]).to.include('STATUS=Waits for its turn.');
		expect(systemd.told.slice(1)).to.deep.equal([
			'WATCHDOG=1',
			'STATUS=Connected.',
			'STOPPING=1',
		]);
	});

	it('is not told a status that was overtaken, so that a flapping link starts no crowd of processes', async () => {
		const notifier = serviceNotifier({
			env: { ...process.env, NOTIFY_SOCKET: systemd.socket },
		});
		for (let i = 0; i < 100; i++) {
			notifier.status(`State ${i}.`);
		}
		await notifier.flush();
		await eventually('the last', () =>
			systemd.told.includes('STATUS=State 99.'),
		);
		expect(systemd.told.length).to.be.at.most(3);
	});

	it('hands its program the socket, and nothing that is meant for this process', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		const seen = join(folder, 'seen');
		const program = join(folder, 'systemd-notify');
		writeFileSync(program, `#!/bin/sh\nenv >${seen}\n`, { mode: 0o755 });
		const notifier = serviceNotifier({
			program,
			env: {
				...process.env,
				NOTIFY_SOCKET: systemd.socket,
				WATCHDOG_USEC: '2000000',
				WATCHDOG_PID: `${process.pid}`,
				CLOUDLINK_KEY: 'secret',
			},
		});
		notifier.watchdog();
		await notifier.flush();
		expect(readFileSync(seen, 'utf8'))
			.to.include(`NOTIFY_SOCKET=${systemd.socket}`)
			.and.not.match(/WATCHDOG|CLOUDLINK/);
		rmSync(folder, { recursive: true });
	});
});
