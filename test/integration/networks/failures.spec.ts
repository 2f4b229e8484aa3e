import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { BOTH, CLOUD, iptables, Lab, ROUTER } from '../../networks/lab.js';
import type { Carrier, DeviceMethods } from '../../networks/device.js';
import type { RemoteProcess } from '../../networks/process.js';
import { needsOpenvpn } from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

const CARRIERS: readonly Carrier[] = [
	'websocket',
	'udp',
	'openvpn-tcp',
	'openvpn-udp',
];
const NATIVE: readonly Carrier[] = ['websocket', 'udp'];

describe('A device in a network namespace', function () {
	this.timeout(60_000);

	let lab: Lab;
	let device: RemoteProcess<DeviceMethods>;
	before(async function () {
		needsOpenvpn(this, 'ip', 'iptables', 'tc');
		lab = await Lab.start();
		device = await lab.addDevice();
	});
	after(async () => {
		await lab?.stop();
	});

	const dial = async (
		carrier: Carrier,
		{
			node = lab.node,
			...more
		}: { node?: string; addresses?: string[]; deadlineMs?: number } = {},
	) => await device.call('dial', { carrier, node, ca: lab.ca, ...more });

	/** Every transport at once, since most of them wait. */
	const failAll = async (
		options: Parameters<typeof dial>[1] = {},
		carriers = CARRIERS,
	) => {
		const all = await Promise.all(
			carriers.map(async (carrier) => {
				const { code, kind } = await dial(carrier, {
					deadlineMs: 2500,
					...options,
				});
				return [carrier, `${kind} ${code}`] as const;
			}),
		);
		return Object.fromEntries(all);
	};

	const doctor = async (carrier: Carrier) =>
		await device.call('doctor', { carrier, node: lab.node, ca: lab.ca });

	const everywhere = (code: string) =>
		Object.fromEntries(CARRIERS.map((carrier) => [carrier, code]));
	const native = (code: string) =>
		Object.fromEntries(NATIVE.map((carrier) => [carrier, code]));

	const NO_ROUTE = 'unreachable no-route';

	it('reaches the node over the native transports', async () => {
		for (const carrier of NATIVE) {
			expect(await dial(carrier)).to.include({ code: 'up' });
		}
	});

	it('is no-route without a default route, by address and by a name of both families, for the doctor too', async () => {
		lab.device.run('ip', 'route', 'del', 'default');
		expect(await failAll()).to.deep.equal(everywhere(NO_ROUTE));
		const node = `${BOTH}:${lab.port}`;
		expect(await failAll({ node })).to.deep.equal(everywhere(NO_ROUTE));
		for (const carrier of NATIVE) {
			expect(await doctor(carrier)).to.match(
				/^failure: There is no way to the address from here/,
			);
		}
	});

	it('reaches the node where a static route leads to it', async () => {
		lab.device.run('ip', 'route', 'add', `${CLOUD}/32`, 'via', ROUTER.eth0);
		for (const carrier of NATIVE) {
			expect(await dial(carrier)).to.include({ code: 'up' });
		}
		lab.device.run('ip', 'route', 'del', `${CLOUD}/32`);
		lab.route('eth0', 100);
	});

	it('is an outcome when its own firewall drops or rejects what leaves', async () => {
		const drop = `OUTPUT -d ${CLOUD} -j DROP`;
		iptables(lab.device, `-I ${drop}`);
		expect(await failAll()).to.deep.equal({
			websocket: 'unreachable connect-timeout',
			udp: 'unreachable udp-blocked',
			'openvpn-tcp': 'unreachable connect-timeout',
			'openvpn-udp': 'unreachable udp-blocked',
		});
		iptables(lab.device, `-D ${drop}`);
		for (const [how, code] of [
			['icmp-port-unreachable', 'unreachable connect-refused'],
			['icmp-admin-prohibited', NO_ROUTE],
		] as const) {
			const reject = `OUTPUT -d ${CLOUD} -j REJECT --reject-with ${how}`;
			iptables(lab.device, `-I ${reject}`);
			expect(await failAll({}, NATIVE)).to.deep.equal(native(code));
			iptables(lab.device, `-D ${reject}`);
		}
	});

	it('is an outcome when it has no file descriptor left', async () => {
		await device.call('exhaust', true);
		const ended = await failAll();
		await device.call('exhaust', false);
		expect(ended).to.deep.equal(everywhere('unreachable no-resources'));
		expect(await dial('udp')).to.include({ code: 'up' });
	});

	for (const error of ['ENOBUFS', 'EPERM', 'ENETDOWN']) {
		it(`is an outcome when the system answers ${error}, before a link and in it`, async function () {
			needsOpenvpn(this, 'strace');
			const before = await failing('connect', error, async () => {
				return await failAll({}, NATIVE);
			});
			const code = error === 'ENOBUFS' ? 'unreachable no-resources' : NO_ROUTE;
			expect(before).to.deep.equal(native(code));
			await keepLink('udp');
			const ended = await failing(
				'sendmsg,sendmmsg',
				error,
				async () => await device.call('ended'),
			);
			expect(ended.kind).to.equal('lost');
		});
	}

	it('loses a link, and not its head, when the interface goes down under it', async () => {
		for (const carrier of NATIVE) {
			await keepLink(carrier);
			lab.device.run('ip', 'link', 'set', 'eth0', 'down');
			expect(await device.call('ended')).to.include({ kind: 'lost' });
			expect(await failAll({}, [carrier])).to.deep.equal({
				[carrier]: NO_ROUTE,
			});
			lab.device.run('ip', 'link', 'set', 'eth0', 'up');
			lab.route('eth0', 100);
		}
	});

	it('is told by which family a name can be reached', async () => {
		const node = `${BOTH}:${lab.port}`;
		for (const carrier of NATIVE) {
			expect(await dial(carrier, { node })).to.include({ code: 'up' });
		}
		lab.address6();
		lab.device.run('ip', '-4', 'addr', 'flush', 'dev', 'eth0');
		for (const carrier of NATIVE) {
			expect(await dial(carrier, { node })).to.include({ code: 'up' });
			expect(await dial(carrier)).to.include({ code: 'no-route' });
		}
		lab.device.run('ip', '-6', 'addr', 'flush', 'dev', 'eth0');
	});

	it('is no-route without an address, and without an interface', async () => {
		lab.device.run('ip', 'addr', 'flush', 'dev', 'eth0');
		expect(await failAll()).to.deep.equal(everywhere(NO_ROUTE));
		lab.device.run('ip', 'link', 'del', 'eth0');
		expect(await failAll()).to.deep.equal(everywhere(NO_ROUTE));
		lab.device.run('ip', 'link', 'set', 'lo', 'down');
		expect(await failAll()).to.deep.equal(everywhere(NO_ROUTE));
	});

	async function keepLink(carrier: Carrier): Promise<void> {
		const dialled = await device.call('dial', {
			...{ carrier, node: lab.node, ca: lab.ca },
			...{ livenessMs: 2000, keep: true },
		});
		expect(dialled).to.include({ code: 'up' });
	}

	/** While the work runs, these system calls of the device fail. */
	async function failing<T>(
		calls: string,
		error: string,
		work: () => Promise<T>,
	): Promise<T> {
		const strace = spawn(
			'strace',
			[
				...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`],
				...['-e', `inject=${calls}:error=${error}`],
				...['-p', String(device.pid)],
			],
			{ stdio: 'ignore' },
		);
		await until(() =>
			/TracerPid:\t[1-9]/.test(
				readFileSync(`/proc/${device.pid}/status`, 'utf8'),
			),
		);
		try {
			return await work();
		} finally {
			strace.kill('SIGINT');
			await once(strace, 'exit');
		}
	}
});
