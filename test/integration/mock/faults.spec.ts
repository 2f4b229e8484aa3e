import { once } from 'node:events';
import * as net from 'node:net';

import { expect } from 'chai';

import {
	MockCloudlink,
	VirtualClock,
	type CarrierFault,
} from '../../../src/testing/index.js';
import { connect, dial, type Device } from '../../support/mock-device.js';
import { until } from '../../support/until.js';

/** Long enough for loopback to answer on a loaded machine, should it answer at all. */
const SILENCE_MS = 250;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What comes of a bare TCP dial: 'connected', an error's code, or 'silence'. */
async function knock(port: number): Promise<string> {
	const socket = net.connect({ port, host: '127.0.0.1' });
	try {
		return await Promise.race([
			once(socket, 'connect').then(
				() => 'connected',
				(error: NodeJS.ErrnoException) => error.code ?? error.message,
			),
			pause(SILENCE_MS).then(() => 'silence'),
		]);
	} finally {
		socket.on('error', () => undefined);
		socket.destroy();
	}
}

/** Whether a ping of the device comes back. */
async function answers(device: Device): Promise<boolean> {
	return await Promise.race([
		new Promise<boolean>((resolve) => {
			device.ws.once('pong', () => {
				resolve(true);
			});
			device.ws.ping();
		}),
		pause(SILENCE_MS).then(() => false),
	]);
}

for (const tls of [false, true]) {
	describe(`MockCloudlink with a fault, ${tls ? 'wss' : 'ws'}`, () => {
		let mock: MockCloudlink;
		let clock: VirtualClock;

		beforeEach(async () => {
			clock = new VirtualClock({ wallMs: Date.now() });
			mock = await MockCloudlink.start({ tls, nodes: 2, clock });
		});

		afterEach(async () => {
			await mock.stop();
			expect(clock.pending).to.equal(0);
		});

		const options = () => ({ ca: tls ? mock.ca : undefined });
		const live = () => connect(mock.nodes[0]!.address, options());
		const attempt = () => dial(mock.nodes[0]!.address, options());
		const setFault = (tcp: CarrierFault) => mock.setFault(0, { tcp });

		it('"blackhole" answers no SYN, holds live links without closing them, and passes', async function () {
			if (process.platform !== 'linux' && !process.env.CI) {
				this.skip();
			}
			const device = await live();
			expect(await answers(device)).to.equal(true);
			await setFault('blackhole');
			expect(await knock(mock.nodes[0]!.port)).to.equal('silence');
			expect(await answers(device)).to.equal(false);
			expect(device.closeCode).to.equal(undefined);
			expect(await knock(mock.nodes[1]!.port)).to.equal('connected');

			await setFault(null);
			expect(await answers(device)).to.equal(true);
			expect(await attempt()).to.have.property('link');
		});

		it('"mute" accepts and never answers, and holds live links', async () => {
			const device = await live();
			await setFault('mute');
			expect(await knock(mock.nodes[0]!.port)).to.equal('connected');
			const waiting = attempt();
			expect(
				await Promise.race([waiting, pause(SILENCE_MS).then(() => 'silence')]),
			).to.equal('silence');
			expect(await answers(device)).to.equal(false);
			expect(device.closeCode).to.equal(undefined);
			await mock.crash(0);
			expect(await waiting).to.have.property('error');
		});

		it('"refuse" refuses dials and resets live links', async () => {
			const device = await live();
			await setFault('refuse');
			await device.ended;
			expect(device.closeCode).to.equal(1006);
			expect(await knock(mock.nodes[0]!.port)).to.equal('ECONNREFUSED');
			await setFault(null);
			expect(await attempt()).to.have.property('link');
		});

		it('"silent" holds live links, and serves new ones', async () => {
			const device = await live();
			await setFault('silent');
			expect(await answers(device)).to.equal(false);
			expect(await answers(await live())).to.equal(true);
			expect(device.closeCode).to.equal(undefined);
		});

		it('"garbage" speaks another protocol', async () => {
			const device = await live();
			await setFault('garbage');
			await device.ended;
			expect(await attempt()).to.have.property('error');
		});

		it('{ resetAfterBytes } resets a link once it has carried them', async () => {
			const device = await live();
			await setFault({ resetAfterBytes: 2000 });
			device.ws.send(Buffer.alloc(900));
			expect(device.closeCode).to.equal(undefined);
			device.ws.send(Buffer.alloc(1200));
			await device.ended;
			expect(device.closeCode).to.equal(1006);
		});

		it('{ resetAfterBytes } resets a dial on its way', async () => {
			await setFault({ resetAfterBytes: 100 });
			expect(await attempt()).to.deep.equal({ error: 'ECONNRESET' });
			await setFault({ resetAfterBytes: 0 });
			expect(await attempt()).to.have.property('error');
			await setFault(null);
			expect(await attempt()).to.have.property('link');
		});

		it('{ slowHandshakeMs } serves a newcomer late', async () => {
			await setFault({ slowHandshakeMs: 5000 });
			const waiting = attempt();
			await until(() => clock.pending === 1);
			clock.advance(4999);
			await pause(20);
			expect(mock.stats().perDevice).to.deep.equal({});
			clock.advance(1);
			expect(await waiting).to.have.property('link');
		});

		it('{ status, headers } answers an upgrade with that', async () => {
			await setFault({ status: 502, headers: { 'Retry-After': '7' } });
			const refused = await attempt();
			expect(refused).to.include({ status: 502 });
			expect(refused).to.have.nested.property('headers.retry-after', '7');
		});

		it('keeps a fault over a crash and a restart', async () => {
			await setFault('mute');
			await mock.crash(0);
			expect(await knock(mock.nodes[0]!.port)).to.equal('ECONNREFUSED');
			await mock.restart(0);
			expect(await knock(mock.nodes[0]!.port)).to.equal('connected');
			void attempt();
			await until(() => mock.stats().attempts >= 2);
			expect(mock.stats().accepted).to.equal(0);
		});

		it('may change faster than it takes effect', async () => {
			await Promise.all([
				setFault('blackhole'),
				setFault('refuse'),
				setFault('blackhole'),
				setFault(null),
				mock.crash(0),
				mock.restart(0),
			]);
			expect(await attempt()).to.have.property('link');
		});
	});
}
