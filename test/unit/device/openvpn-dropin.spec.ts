import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { uptime, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import {
	adoptOpenvpn,
	dropInFor,
	MANAGEMENT_SOCKET,
	putDropIn,
	restartDelayMs,
} from '../../../examples/balena-supervisor/cloudlink-dropin.js';
import {
	GUARD,
	HELPER,
} from '../../../examples/balena-supervisor/cloudlink-dropin-files.js';
import { AttachSign } from '../../../src/transports/openvpn/attach-sign.js';
import { eventually } from '../../integration/device/eventually.js';

const read = (name: string) =>
	readFileSync(`examples/openvpn-dropin/${name}`, 'utf8');

/** As balenaOS has it, in our words. */
const STOCK_UNIT = `[Service]
Restart=always
RestartSec=10s
ExecStart=/usr/sbin/openvpn --writepid /run/openvpn/openvpn.pid --cd /etc/openvpn/ --config /etc/openvpn/openvpn.conf --connect-retry 5 120
`;

const directives = (text: string) =>
	text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the drop-in for openvpn.service', () => {
	it('leaves the pace of restarts to the unit, and the unit off where it is off', () => {
		expect(read('cloudlink.conf')).not.to.match(/^(Restart|StartLimit)/m);
		expect(read('cloudlink-openvpn-guard.service')).to.match(
			/^PartOf=openvpn.service$/m,
		);
		expect(read('helper.sh')).to.include('try-restart');
	});

	describe('with nothing but busybox in the PATH', () => {
		let folder: string;
		let path: string;
		let log: string;
		let guard: ChildProcess | undefined;

		before(function () {
			try {
				execFileSync('busybox', ['true']);
			} catch (error) {
				if (process.env.CI) {
					throw error;
				}
				this.skip(); // Needs busybox.
			}
		});
		beforeEach(() => {
			folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
			path = join(folder, 'bin');
			log = join(folder, 'log');
			mkdirSync(path);
			const busybox = execFileSync('sh', ['-c', 'command -v busybox'], {
				encoding: 'utf8',
			}).trim();
			for (const applet of ['sh', 'rm', 'sleep']) {
				symlinkSync(busybox, join(path, applet));
			}
			writeFileSync(
				join(path, 'systemctl'),
				`#!${busybox} sh\necho "$@" >>${log}\n`,
				{ mode: 0o755 },
			);
		});
		afterEach(() => {
			guard?.kill('SIGKILL');
			guard = undefined;
			rmSync(folder, { recursive: true, force: true });
		});

		const socket = () => join(folder, 'management.sock');
		const sign = () => `${socket()}.agent`;
		const marker = () => join(folder, 'active');
		const flags = () => join(folder, 'flags');
		const env = () => ({
			PATH: path,
			CLOUDLINK_OPENVPN_DIR: folder,
			CLOUDLINK_VPN_MARKER: marker(),
		});
		/** As an agent writes it, so long ago. */
		const signed = (secondsAgo: number) => {
			new AttachSign(socket(), {
				bootId: 'any',
				bootMs: () => (uptime() - secondsAgo) * 1000,
			}).renew();
		};
		const prepare = () => {
			execFileSync(
				join(path, 'sh'),
				['examples/openvpn-dropin/helper.sh', 'prepare'],
				{ env: env() },
			);
		};
		/** The guard, at ten times its pace. */
		const startGuard = ({ LEFT = 24 } = {}) => {
			const text = read('helper.sh')
				.replace(/^CALM=5$/m, 'CALM=0.5')
				.replace(/^ALERT=2$/m, 'ALERT=0.2')
				.replace(/^LEFT=24$/m, `LEFT=${LEFT}`);
			const file = join(folder, 'helper.sh');
			writeFileSync(file, text);
			guard = spawn(join(path, 'sh'), [file, 'guard'], {
				env: env(),
				stdio: 'ignore',
			});
		};
		const asked = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');

		it('holds an openvpn that starts while an agent is there', () => {
			signed(20);
			prepare();
			expect(readFileSync(flags(), 'utf8')).to.match(
				/^CLOUDLINK_FLAGS=--management .* --management-hold /,
			);
			expect(existsSync(sign())).to.equal(true);
		});

		it('leaves it as it always was where none is there, or one that is gone, or rubbish', () => {
			for (const text of [
				undefined,
				`x 1 0 ${Math.floor(uptime()) - 60}\n`,
				'x 1 0 soon\n',
				'x 1 0 08\n',
				'x 1 0 99999999999\n',
				'',
				`x 1 0 ${Math.floor(uptime()) + 600}\n`,
			]) {
				if (text !== undefined) {
					writeFileSync(sign(), text);
				}
				writeFileSync(flags(), 'CLOUDLINK_FLAGS=--management-hold\n');
				prepare();
				expect(readFileSync(flags(), 'utf8'), text)
					.to.include('--management ')
					.and.not.include('hold');
				expect(existsSync(sign()), text).to.equal(false);
			}
		});

		it('does nothing while the agent renews its sign', async () => {
			signed(0);
			startGuard();
			await sleep(2000);
			expect(asked()).to.equal('');
		});

		it('frees openvpn once where the agent is gone and there is no link', async () => {
			signed(60);
			startGuard();
			await eventually('the restart', () => asked() !== '');
			await sleep(1000);
			expect(asked()).to.equal('--no-block try-restart openvpn.service\n');
			expect(existsSync(sign())).to.equal(false);
		});

		it('tries again where systemd does not answer', async () => {
			writeFileSync(
				join(path, 'systemctl'),
				`#!${join(path, 'sh')}\necho "$@" >>${log}\nexit 1\n`,
			);
			signed(60);
			startGuard();
			await eventually('another try', () => asked().split('\n').length > 2);
			expect(existsSync(sign())).to.equal(true);
		});

		it('waits for the loss of a link that lives on, and then does not wait', async () => {
			writeFileSync(marker(), '');
			signed(60);
			startGuard();
			await sleep(2000);
			expect(asked()).to.equal('');
			rmSync(marker());
			await eventually('the restart', () => asked() !== '', { withinMs: 1500 });
		});

		it('takes openvpn from an agent that starts again and again without a link, and leaves it alone then', async () => {
			startGuard();
			const start = async (since: number) => {
				writeFileSync(sign(), `x 1 ${since} ${Math.floor(uptime())}\n`);
				await sleep(700);
			};
			for (let since = 1; since <= 5; since++) {
				await start(since);
			}
			expect(asked()).to.equal('');
			await start(6);
			expect(asked()).to.equal('--no-block try-restart openvpn.service\n');
			await start(7);
			prepare();
			expect(existsSync(flags())).to.equal(false);
			for (let since = 8; since <= 14; since++) {
				await start(since);
			}
			expect(asked().split('\n')).to.have.length(2);
		});

		it('frees an openvpn that an agent has left with its time-outs and without a link, two minutes later', async () => {
			signed(0);
			prepare();
			rmSync(sign());
			const leftMs = performance.now();
			startGuard({ LEFT: 5 });
			await eventually('the restart', () => asked() !== '');
			// Five looks at half a second; as shipped it is 24 looks at 5 s.
			expect(performance.now() - leftMs).to.be.within(2500, 9000);
			expect(read('helper.sh')).to.match(/^CALM=5$[^]*^LEFT=24$/m);
			prepare();
			await sleep(1500);
			expect(asked()).to.equal('--no-block try-restart openvpn.service\n');
		});

		it('leaves one alone that has its link, or no time-outs of an agent, or an agent that is back', async () => {
			const LEFT = 2;
			const watched = async (arrange: () => void) => {
				rmSync(marker(), { force: true });
				signed(0);
				prepare();
				rmSync(sign());
				arrange();
				startGuard({ LEFT });
				await sleep(1400);
				guard?.kill('SIGKILL');
				return asked();
			};
			expect(
				await watched(() => {
					writeFileSync(marker(), '');
				}),
			).to.equal('');
			expect(await watched(prepare)).to.equal('');
			expect(
				await watched(() => {
					signed(0);
				}),
			).to.equal('');
			// Else nothing would have been seen here.
			expect(await watched(() => undefined)).to.include('try-restart');
		});

		it('does not mind starts while there is a link', async () => {
			startGuard();
			writeFileSync(marker(), '');
			for (let since = 1; since <= 8; since++) {
				writeFileSync(sign(), `x 1 ${since} ${Math.floor(uptime())}\n`);
				await sleep(700);
			}
			expect(asked()).to.equal('');
		});

		it('gives an agent that was asleep with the device time to wake up', async () => {
			signed(3600);
			startGuard();
			await sleep(600);
			signed(0);
			await sleep(1500);
			expect(asked()).to.equal('');
		});
	});

	describe('put in place by the supervisor', () => {
		let root: string;
		let reloads: number;
		const reload = async () => {
			reloads++;
			await Promise.resolve();
		};
		const put = (name: string, text: string) => {
			const file = join(root, name);
			mkdirSync(join(file, '..'), { recursive: true });
			writeFileSync(file, text);
		};

		beforeEach(() => {
			root = mkdtempSync(join(tmpdir(), 'cloudlink-'));
			reloads = 0;
		});
		afterEach(() => {
			rmSync(root, { recursive: true, force: true });
		});

		it('is the same as the files that an OS would bring, but for the place of the helper', () => {
			expect(HELPER).to.equal(read('helper.sh'));
			expect(GUARD).to.equal(read('cloudlink-openvpn-guard.service'));
			expect(directives(dropInFor(STOCK_UNIT)!)).to.deep.equal(
				directives(read('cloudlink.conf')).map((line) =>
					line.replace(
						'/usr/lib/cloudlink-openvpn/',
						'/run/cloudlink-openvpn-helper/',
					),
				),
			);
		});

		it('keeps what the unit of another version of the OS runs', () => {
			const other = STOCK_UNIT.replace(
				'--connect-retry 5 120',
				'\\\n  --connect-retry 7',
			);
			expect(dropInFor(other)).to.match(
				/^ExecStart=\/usr\/sbin\/openvpn .* --connect-retry 7 \$CLOUDLINK_FLAGS$/m,
			);
			expect(dropInFor('[Service]\nType=oneshot\n')).to.equal(undefined);
		});

		it('is written at each boot, and systemd is told only where something changed', async () => {
			put('lib/systemd/system/openvpn.service', STOCK_UNIT);
			expect(await putDropIn(root, reload)).to.equal(true);
			expect(await putDropIn(root, reload)).to.equal(true);
			expect(reloads).to.equal(1);
			const guard = readFileSync(
				join(root, 'run/systemd/system/cloudlink-openvpn-guard.service'),
				'utf8',
			);
			expect(guard).to.include('/run/cloudlink-openvpn-helper/helper.sh guard');
			expect(
				statSync(join(root, 'run/cloudlink-openvpn-helper/helper.sh')).isFile(),
			).to.equal(true);
			// An update of the host brings another unit.
			put(
				'lib/systemd/system/openvpn.service',
				STOCK_UNIT.replace('120', '240'),
			);
			expect(await putDropIn(root, reload)).to.equal(true);
			expect(reloads).to.equal(2);
		});

		it('leaves an OS alone that brings its own, or has no such unit', async () => {
			expect(await putDropIn(root, reload)).to.equal(false);
			put('usr/lib/systemd/system/openvpn.service', STOCK_UNIT);
			put('usr/lib/systemd/system/openvpn.service.d/cloudlink.conf', '');
			expect(await putDropIn(root, reload)).to.equal(true);
			expect(reloads).to.equal(0);
			expect(existsSync(join(root, 'run'))).to.equal(false);
		});

		it('never restarts openvpn over a link that somebody may work over, and spreads restarts', () => {
			const hour = 3_600_000;
			expect(restartDelayMs(true, hour)).to.equal(undefined);
			expect(restartDelayMs(true, 60_000, () => 0.5)).to.equal(150_000);
			expect(restartDelayMs(false, hour, () => 0.5)).to.equal(30_000);
		});

		it('restarts it after the loss of its link, and is done when the socket is there', async () => {
			let isUp = true;
			let restarts = 0;
			let nowMs = 3_600_000;
			const abort = new AbortController();
			const adopted = adoptOpenvpn({
				root,
				isVPNActive: async () => await Promise.resolve(isUp),
				isVPNEnabled: async () => await Promise.resolve(true),
				restart: async () => {
					restarts++;
					put(MANAGEMENT_SOCKET, '');
					await Promise.resolve();
				},
				uptimeMs: () => (nowMs += 10_000),
				random: () => 0.5,
				pollMs: 5,
				signal: abort.signal,
			});
			await sleep(200);
			expect(restarts).to.equal(0);
			isUp = false;
			await adopted;
			expect(restarts).to.equal(1);
		});
	});
});
