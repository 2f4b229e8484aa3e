import { expect } from 'chai';

import {
	MockCloudlink,
	VirtualClock,
	type Throttle,
} from '../../../src/testing/index.js';
import { dial, type Dialled } from '../../support/mock-device.js';

/** A rate that lets exactly the burst in, since time stands still. */
const ONE = { acceptRatePerSecond: 10, burst: 1 };

const summary = (dialled: Dialled) =>
	'status' in dialled
		? `${dialled.status} ${String(dialled.headers['retry-after'])}`
		: 'error' in dialled
			? dialled.error
			: 'in';

describe('MockCloudlink, when it throttles', () => {
	let mock: MockCloudlink;
	let clock: VirtualClock;

	const start = async (throttle: Throttle) => {
		clock = new VirtualClock();
		mock = await MockCloudlink.start({ ...ONE, nodes: 2, throttle, clock });
	};

	const attempt = async (uuid: string, node = 0) =>
		summary(await dial(mock.nodes[node]!.address, { uuid }));

	afterEach(async () => {
		await mock.stop();
		expect(clock.pending).to.equal(0);
	});

	it('resets right after the accept with "reset", before it knows who it was', async () => {
		await start('reset');
		expect(await attempt('a')).to.equal('in');
		expect(await attempt('b')).to.equal('ECONNRESET');
		expect(mock.stats()).to.include({ attempts: 2, accepted: 1, throttled: 1 });
		expect(mock.stats().perDevice).not.to.have.property('b');
		clock.advance(100);
		expect(await attempt('b')).to.equal('in');
	});

	it('answers 503 without Retry-After with "refuse"', async () => {
		await start('refuse');
		await attempt('a');
		expect(await attempt('b')).to.equal('503 undefined');
	});

	it('answers 429 with the time that it was given', async () => {
		await start({ retryAfterSeconds: 30 });
		await attempt('a');
		expect(await attempt('b')).to.equal('429 30');
		expect(await attempt('c')).to.equal('429 30');
	});

	it('answers 429 with the place in the queue with "slots", and keeps it', async () => {
		await start('slots');
		expect(await attempt('a')).to.equal('in');
		expect(await attempt('b')).to.equal('429 0.1');
		expect(await attempt('c')).to.equal('429 0.2');
		clock.advance(150);
		expect(await attempt('d')).to.equal('429 0.15');
		expect(await attempt('b')).to.equal('in');
		expect(await attempt('c')).to.equal('429 0.05');
		clock.advance(50);
		expect(await attempt('c')).to.equal('in');
		expect(mock.stats()).to.include({ attempts: 7, accepted: 3, throttled: 4 });
		expect(mock.stats().perDevice).to.deep.equal({
			a: { attempts: 1, accepted: 1 },
			b: { attempts: 2, accepted: 1 },
			c: { attempts: 3, accepted: 1 },
			d: { attempts: 1, accepted: 0 },
		});
	});

	it('has a bucket for each node, full again after a restart', async () => {
		await start('refuse');
		expect(await attempt('a')).to.equal('in');
		expect(await attempt('b')).to.equal('503 undefined');
		expect(await attempt('b', 1)).to.equal('in');
		await mock.restart(0);
		expect(await attempt('c')).to.equal('in');
	});

	it('lets an honest device in behind forged names: the gate is asked after the key', async () => {
		clock = new VirtualClock();
		mock = await MockCloudlink.start({
			...ONE,
			clock,
			authenticate: (_uuid, key) => key === 'right',
		});
		const { address } = mock.nodes[0]!;
		for (let forged = 0; forged < 500; forged += 250) {
			const some = await Promise.all(
				Array.from({ length: 250 }, (_, i) =>
					dial(address, { uuid: `forged${forged + i}`, key: 'wrong' }),
				),
			);
			expect(new Set(some.map(summary))).to.deep.equal(
				new Set(['401 undefined']),
			);
		}
		expect(mock.stats()).to.include({ rejected: 500, throttled: 0 });
		expect(summary(await dial(address, { uuid: 'a', key: 'right' }))).to.equal(
			'in',
		);
		expect(summary(await dial(address, { uuid: 'b', key: 'right' }))).to.equal(
			'429 0.1',
		);
	});
});
