import { expect } from 'chai';

import type { DialError } from '../../../src/outcome.js';
import { type Outcome } from '../../../src/outcome.js';
import { systemClock, systemRandom } from '../../../src/runtime/index.js';
import {
	MockCloudlink,
	VirtualClock,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';
import type { Link } from '../../../src/transport.js';
import { udp } from '../../../src/transports/udp/index.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { LocalService } from '../../support/local-services.js';
import { readAll, tunnelThrough } from '../../support/proxy-client.js';
import { until } from '../../support/until.js';

describe('MockCloudlink over UDP', () => {
	let mock: MockCloudlink;
	let clock: VirtualClock;
	let links: Link[];

	const start = async (options: MockCloudlinkOptions = {}) => {
		clock = new VirtualClock({ wallMs: Date.now() });
		mock = await MockCloudlink.start({ clock, ...options });
	};

	beforeEach(() => {
		links = [];
	});

	afterEach(async () => {
		await mock.stop();
		await Promise.all(links.map((link) => link.close(0)));
	});

	/** Dials node 0; the link, or how it failed. */
	const dial = async (
		uuid: string,
		{
			services = [] as Array<{ port: number }>,
			deadlineMs = 5000,
			carrier = 'udp',
		} = {},
	): Promise<Link | Outcome> => {
		const { address, port } = mock.nodes[0]!;
		const transport =
			carrier === 'udp' ? udp({ ca: mock.ca }) : websocket({ insecure: true });
		try {
			const link = await transport.dial({
				node: { name: address, host: '127.0.0.1', port },
				device: { uuid, key: 'secret' },
				services,
				deadlineMs,
				livenessMs: 30_000,
				signal: new AbortController().signal,
				runtime: { clock: systemClock, random: systemRandom },
			});
			links.push(link);
			return link;
		} catch (error) {
			return (error as DialError).outcome;
		}
	};

	const connect = async (uuid: string, options = {}) => {
		const link = await dial(uuid, options);
		expect(link, JSON.stringify(link)).to.have.property('transport');
		return link as Link;
	};

	it('carries on after a black-out, also one with data under way', async () => {
		await start();
		const service = await LocalService.start((near) => near.end('hello'));
		for (const blackOutMs of [100, 500, 1500]) {
			const uuid = `dark${blackOutMs}`;
			await connect(uuid, { services: [{ port: service.port }] });
			await mock.setFault(0, { udp: 'blackhole' });
			const asked = tunnelThrough(
				mock.proxyPort,
				`${uuid}.balena:${service.port}`,
			);
			await new Promise((resolve) => setTimeout(resolve, blackOutMs));
			await mock.setFault(0, { udp: null });
			expect(await readAll(await asked)).to.equal('hello');
		}
		await service.stop();
	});

	it('takes a device on the port that TCP has, and the proxy finds it there', async () => {
		await start();
		const service = await LocalService.start((near) => near.end('hello'));
		await connect('a1b2', { services: [{ port: service.port }] });
		expect(mock.stats()).to.include({ attempts: 1, accepted: 1, connected: 1 });
		expect(mock.links('a1b2')[0]!.carrier).to.equal('udp');
		const tunnel = tunnelThrough(mock.proxyPort, `a1b2.balena:${service.port}`);
		expect(await readAll(await tunnel)).to.equal('hello');
		await service.stop();
	});

	it('has one bucket for both carriers', async () => {
		await start({ acceptRatePerSecond: 10, burst: 2, throttle: 'slots' });
		await connect('a');
		await connect('b', { carrier: 'tcp' });
		const throttled = { kind: 'throttled', code: 'http-429' };
		expect(await dial('c')).to.include(throttled);
		expect(await dial('d', { carrier: 'tcp' })).to.include(throttled);
		clock.advance(100);
		expect(await dial('d', { carrier: 'tcp' })).to.include(throttled);
		await connect('c');
	});

	it('says BUSY, with a time and without, or nothing', async () => {
		const limit = { acceptRatePerSecond: 0, burst: 0 };
		await start({ ...limit, throttle: { retryAfterSeconds: 7 } });
		const told = (await dial('a')) as Outcome;
		expect(told).to.include({ code: 'udp-busy' });
		expect(told.hint?.retryAfterMs).to.equal(7000);
		await mock.stop();

		await start({ ...limit, throttle: 'refuse' });
		const untold = (await dial('a')) as Outcome;
		expect(untold).to.include({ code: 'udp-busy' });
		expect(untold.hint?.retryAfterMs).to.equal(undefined);
		await mock.stop();

		await start({ ...limit, throttle: 'reset' });
		expect(await dial('a', { deadlineMs: 1000 })).not.to.have.property(
			'transport',
		);
		expect(mock.stats()).to.include({ attempts: 1, throttled: 1 });
	});

	it('answers 401 to a key that it does not accept', async () => {
		await start({ authenticate: () => false });
		expect(await dial('a')).to.include({ code: 'http-401' });
	});

	for (const fault of ['blackhole', 'mute'] as const) {
		it(`passes nothing under '${fault}', closes nothing, and passes again`, async () => {
			await start();
			const link = await connect('a');
			let ended = false;
			void link.ended.then(() => (ended = true));
			const [there] = mock.links('a');
			expect(await there!.tell({ nodeLoad: 0 })).to.equal(204);
			await mock.setFault(0, { udp: fault });
			expect(await dial('b', { deadlineMs: 1000 })).to.include({
				kind: 'unreachable',
			});
			await connect('c', { carrier: 'tcp' });
			expect(ended).to.equal(false);
			await mock.setFault(0, { udp: null });
			expect(await there!.tell({ nodeLoad: 1 })).to.equal(204);
			await connect('b');
		});
	}

	it("refuses under 'refuse', and forgets its links", async () => {
		await start();
		await connect('a');
		await mock.setFault(0, { udp: 'refuse' });
		await until(() => mock.stats().links === 0);
		expect(await dial('b')).to.include({ kind: 'unreachable' });
		await mock.setFault(0, { udp: null });
		await connect('b');
	});

	it('ends a link once it has carried so many bytes', async () => {
		await start();
		const link = await connect('a');
		await mock.setFault(0, { udp: { resetAfterBytes: 100 } });
		void mock.links('a')[0]!.tell({ nodeLoad: 1 });
		expect(await link.ended).to.include({ kind: 'lost' });
	});

	it('falls silent in a crash, and is back after the restart', async () => {
		await start();
		await connect('a');
		await mock.crash(0);
		expect(mock.stats().links).to.equal(0);
		expect(await dial('b', { deadlineMs: 1000 })).to.include({
			code: 'udp-blocked',
		});
		await mock.restart(0);
		await connect('b');
	});

	it('drains as over TCP', async () => {
		await start();
		const link = await connect('a');
		const drained = new Promise<Outcome>((resolve) => {
			link.listen({ onHint: () => undefined, onDrain: resolve });
		});
		await mock.drain(0, { deadlineMs: 5000 });
		expect(await drained).to.include({ kind: 'drained' });
		clock.advance(5000);
		expect(await link.ended).to.include({ kind: 'drained' });
	});
});
