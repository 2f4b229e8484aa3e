import { expect } from 'chai';

import { CloudlinkError } from '../../../src/errors.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';
import { connect, dial, type Dialled } from '../../support/mock-device.js';
import { until } from '../../support/until.js';

const status = (dialled: Dialled) =>
	'status' in dialled ? dialled.status : dialled;

describe('MockCloudlink', () => {
	let mock: MockCloudlink;

	const start = async (options: MockCloudlinkOptions = {}) => {
		mock = await MockCloudlink.start(options);
		return mock.nodes[0]!.address;
	};

	afterEach(async () => {
		await mock.stop();
	});

	it('lets a device in, and counts it', async () => {
		const node = await start();
		await connect(node, { uuid: 'a1b2' });
		expect(mock.stats()).to.deep.equal({
			attempts: 1,
			accepted: 1,
			throttled: 0,
			rejected: 0,
			connected: 1,
			links: 1,
			perDevice: { a1b2: { attempts: 1, accepted: 1 } },
		});
		expect(mock.nodes[0]!.links).to.equal(1);
	});

	it('forgets a link once the device has cut it', async () => {
		const node = await start();
		const device = await connect(node);
		device.cut();
		await until(() => mock.stats().links === 0);
		expect(mock.stats()).to.include({ accepted: 1, connected: 0 });
		expect(mock.links('a1b2')).to.deep.equal([]);
	});

	it('counts a device that holds two links as one, and leaves the older open', async () => {
		const node = await start();
		const older = await connect(node);
		await connect(node);
		expect(mock.stats()).to.include({ connected: 1, links: 2, accepted: 2 });
		expect(older.closeCode).to.equal(undefined);
		expect(await mock.links('a1b2')[0]!.tell({ nodeLoad: 0.5 })).to.equal(204);
	});

	it('has as many nodes as asked for, each with its own address', async () => {
		await start({ nodes: 3 });
		const addresses = mock.nodes.map((node) => node.address);
		expect(new Set(addresses).size).to.equal(3);
		for (const node of mock.nodes) {
			expect(node.address).to.equal(`127.0.0.1:${node.port}`);
			await connect(node.address, { uuid: `at-${node.port}` });
			expect(node.links).to.equal(1);
		}
		expect(mock.stats().connected).to.equal(3);
	});

	it('listens on the ports that it is given', async () => {
		await start();
		const { port } = mock.nodes[0]!;
		const { proxyPort } = mock;
		await mock.stop();
		await start({ ports: [port], proxyPort });
		expect(mock.nodes[0]!.port).to.equal(port);
		expect(mock.proxyPort).to.equal(proxyPort);
	});

	describe('authentication', () => {
		it('hands over uuid and key as the device sent them', async () => {
			const seen: string[] = [];
			const node = await start({
				authenticate: (uuid, key) => seen.push(uuid, key) > 0,
			});
			await connect(node, { uuid: 'a1b2', key: 'with:colon and ü' });
			expect(seen).to.deep.equal(['a1b2', 'with:colon and ü']);
		});

		it('answers 401 to a wrong key, a missing one, and when it cannot be checked', async () => {
			const node = await start({
				authenticate: async (uuid) => {
					if (uuid === 'broken') {
						throw new Error('no database');
					}
					return await Promise.resolve(uuid === 'good');
				},
			});
			expect(status(await dial(node, { uuid: 'bad' }))).to.equal(401);
			expect(status(await dial(node, { uuid: 'broken' }))).to.equal(401);
			expect(status(await dial(node, { authorization: 'Bearer x' }))).to.equal(
				401,
			);
			await connect(node, { uuid: 'good' });
			expect(mock.stats()).to.include({
				attempts: 4,
				accepted: 1,
				rejected: 3,
			});
		});

		it('can take its time, and makes no link if the node crashed meanwhile', async () => {
			let answer: (good: boolean) => void = () => undefined;
			const node = await start({
				authenticate: () => new Promise((resolve) => (answer = resolve)),
			});
			const first = dial(node);
			await until(() => mock.stats().perDevice.a1b2 !== undefined);
			answer(true);
			expect(await first).to.have.property('link');

			const second = dial(node);
			await until(() => mock.stats().perDevice.a1b2?.attempts === 2);
			await mock.crash(0);
			answer(true);
			expect(await second).to.have.property('error');
			expect(mock.stats().accepted).to.equal(1);
		});
	});

	it('answers 404 to another path, 400 without the subprotocol, 426 without an upgrade', async () => {
		const node = await start();
		expect(status(await dial(node, { path: '/other' }))).to.equal(404);
		expect(status(await dial(node, { protocol: 'chat' }))).to.equal(400);
		const response = await fetch(`http://${node}/cloudlink/v1`);
		expect(response.status).to.equal(426);
	});

	describe('what it can tell a device', () => {
		it('is the reconnect window, as it lets it in', async () => {
			const node = await start({ reconnectWindowMs: 20_500 });
			const { headers } = await connect(node);
			expect(headers['cloudlink-reconnect-window']).to.equal('20.5');
			await mock.stop();
			const silent = await connect(await start());
			expect(silent.headers).not.to.have.property('cloudlink-reconnect-window');
		});

		it('is a hint on a live link', async () => {
			const device = await connect(await start());
			const [link] = mock.links('a1b2');
			expect(await link!.tell({ retryAfterSeconds: 3 })).to.equal(204);
			expect(device.hints).to.deep.equal([{ retryAfterMs: 3000 }]);
			device.cut();
			await link!.closed;
			expect(await link!.tell({ retryAfterSeconds: 3 })).to.equal(undefined);
		});

		it('is a GOAWAY with an error code', async () => {
			const device = await connect(await start());
			mock.links('a1b2')[0]!.goaway(11);
			await device.ended;
			const end = await device.tunnel.ended;
			expect(end).to.include({ why: 'goaway' });
		});

		for (const code of [1001, 1008, 1011, 1012, 1013]) {
			it(`is a close with ${code}`, async () => {
				const device = await connect(await start());
				mock.links('a1b2')[0]!.close(code);
				await device.ended;
				expect(device.closeCode).to.equal(code);
			});
		}

		it('is a reset', async () => {
			const device = await connect(await start());
			mock.links('a1b2')[0]!.reset();
			await device.ended;
			expect(device.closeCode).to.equal(1006);
		});
	});

	describe('options', () => {
		const refusal = async (options: object) => {
			try {
				await start(options);
			} catch (error) {
				expect(error).to.be.instanceOf(CloudlinkError);
				return (error as CloudlinkError).message;
			}
			throw new Error('It started.');
		};

		it('are checked, with the nearest name for a mistyped one', async () => {
			await start();
			expect(await refusal({ acceptRatePerSec: 5 })).to.equal(
				'MockCloudlink.start: unknown option `acceptRatePerSec`; did you mean `acceptRatePerSecond`?',
			);
			expect(await refusal({ nodes: 0 })).to.contain('`nodes`');
			expect(await refusal({ throttle: 'maybe' })).to.contain(
				'must be reset, refuse, slots or { retryAfterSeconds }',
			);
			expect(await refusal({ authenticate: true })).to.contain('function');
		});

		it('of a fault are checked too, and the node has to exist', async () => {
			await start();
			const thrown = async (action: Promise<void>) =>
				await action.then(
					() => 'nothing',
					(error: Error) => error.message,
				);
			expect(
				await thrown(mock.setFault(0, { tpc: 'mute' } as never)),
			).to.contain('did you mean `tcp`?');
			expect(await thrown(mock.crash(7))).to.contain('There is no node 7');
		});
	});
});
