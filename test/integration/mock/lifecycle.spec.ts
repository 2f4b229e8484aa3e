import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { MockCloudlink, VirtualClock } from '../../../src/testing/index.js';
import { connect, dial } from '../../support/mock-device.js';
import { LocalService } from '../../support/local-services.js';
import { readAll, tunnelThrough } from '../../support/proxy-client.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);

describe('A node of MockCloudlink', () => {
	let mock: MockCloudlink;
	let clock: VirtualClock;

	beforeEach(async () => {
		clock = new VirtualClock();
		mock = await MockCloudlink.start({ nodes: 2, clock });
	});

	afterEach(async () => {
		await mock.stop();
		expect(clock.pending).to.equal(0);
	});

	const address = () => mock.nodes[0]!.address;

	it('that crashes resets its links and refuses dials; the others live', async () => {
		const here = await connect(address(), { uuid: 'here' });
		const there = await connect(mock.nodes[1]!.address, { uuid: 'there' });
		await mock.crash(0);
		await here.ended;
		expect(here.closeCode).to.equal(1006);
		expect(await dial(address())).to.deep.equal({ error: 'ECONNREFUSED' });
		expect(mock.nodes[0]!.state).to.equal('down');
		expect(there.closeCode).to.equal(undefined);
		await until(() => mock.stats().connected === 1);
	});

	it('that restarts is back on its port', async () => {
		const before = address();
		await mock.crash(0);
		await mock.restart(0);
		expect(address()).to.equal(before);
		await connect(address());
		expect(mock.nodes[0]!.state).to.equal('up');
	});

	it('that crashes and restarts over and over keeps its port, and refuses in between', async () => {
		for (let i = 0; i < 20; i++) {
			await mock.crash(0);
			expect(await dial(address())).to.deep.equal({ error: 'ECONNREFUSED' });
			await mock.restart(0);
			const device = await connect(address());
			device.cut();
		}
	});

	it('that restarts without a crash tells its links 1012', async () => {
		const device = await connect(address());
		await mock.restart(0);
		await device.ended;
		expect(device.closeCode).to.equal(1012);
		await connect(address());
	});

	it('that drains tells its links until when it serves them, and sends newcomers elsewhere', async () => {
		const device = await connect(address());
		await mock.drain(0, { deadlineMs: 8000 });
		expect(mock.nodes[0]!.state).to.equal('draining');
		expect(device.hints).to.deep.equal([{ drainDeadlineMs: 8000 }]);
		const newcomer = await dial(address(), { uuid: 'newcomer' });
		expect(newcomer).to.include({ status: 503 });
		expect(newcomer).to.have.nested.property(
			'headers.cloudlink-go-elsewhere',
			'1',
		);
		clock.advance(7999);
		expect(await mock.links('a1b2')[0]!.tell({})).to.equal(204);
		expect(device.closeCode).to.equal(undefined);

		clock.advance(1);
		await device.ended;
		expect(device.closeCode).to.equal(1001);
		expect(mock.nodes[0]!.state).to.equal('up');
		await connect(address());
	});

	it('that drains opens streams through the old link, until there is a newer one', async () => {
		const service = await LocalService.start((socket) => socket.end('hello'));
		const ports = [service.port];
		await connect(address(), { ports });
		await mock.drain(0, { deadlineMs: 8000 });
		const proxied = async () =>
			await readAll(
				await tunnelThrough(mock.proxyPort, `a1b2.balena:${service.port}`),
			);
		expect(await proxied()).to.equal('hello');
		const [older] = mock.links('a1b2');
		await connect(mock.nodes[1]!.address, { ports });
		older!.silence();
		expect(await proxied()).to.equal('hello');
		await service.stop();
	});

	it('that crashes while it drains forgets the deadline', async () => {
		await connect(address());
		await mock.drain(0, { deadlineMs: 8000 });
		await mock.crash(0);
		expect(clock.pending).to.equal(0);
		await mock.restart(0);
		const device = await connect(address());
		clock.advance(10_000);
		expect(await mock.links('a1b2').at(-1)!.tell({})).to.equal(204);
		expect(device.closeCode).to.equal(undefined);
	});

	it('can be told anything in any state', async () => {
		await mock.crash(0);
		await mock.crash(0);
		await mock.drain(0);
		await mock.restart(0);
		await mock.drain(0);
		await mock.drain(0);
		await mock.restart(0);
		await connect(address());
		await Promise.all([mock.stop(), mock.stop()]);
		await mock.stop();
		expect(mock.proxyPort).to.be.greaterThan(0);
		await mock.crash(0);
	});
});

describe('MockCloudlink.stop', () => {
	it('leaves nothing behind, whatever was going on', async () => {
		const script = new URL('./leftovers.ts', import.meta.url);
		// It ends by itself only if no handle is left.
		const { stdout } = await run(
			process.execPath,
			['--import', 'tsx', script.pathname],
			{ timeout: 15_000 },
		);
		expect(stdout.trim()).to.equal('stopped');
	});
});
