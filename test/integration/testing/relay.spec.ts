import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

import { expect } from 'chai';

import {
	seededRandom,
	UdpRelay,
	VirtualClock,
	type PathConditions,
} from '../../../src/testing/index.js';
import { until } from '../../support/until.js';

const SEED = 'relay';

describe('UdpRelay', () => {
	let node: Socket;
	let device: Socket;
	let relay: UdpRelay;
	let clock: VirtualClock;
	/** What the node has heard, and from which ports. */
	let heard: string[];
	let ports: number[];
	let replies: string[];

	beforeEach(async () => {
		heard = [];
		ports = [];
		replies = [];
		clock = new VirtualClock();
		node = createSocket('udp4');
		node.on('message', (bytes: Buffer, from: RemoteInfo) => {
			heard.push(bytes.toString('latin1'));
			ports.push(from.port);
			node.send(`re ${String(bytes)}`, from.port, from.address);
		});
		node.bind(0, '127.0.0.1');
		await once(node, 'listening');
		device = createSocket('udp4');
		device.on('message', (bytes) => replies.push(String(bytes)));
		device.bind(0, '127.0.0.1');
		await once(device, 'listening');
	});

	afterEach(async () => {
		await relay.close();
		await relay.close();
		node.close();
		device.close();
		expect(clock.pending).to.equal(0);
	});

	const start = async (conditions: PathConditions = {}) => {
		relay = await UdpRelay.start({
			to: node.address().port,
			random: seededRandom(SEED),
			clock,
			...conditions,
		});
	};

	/** Sends them one after the other, so that no queue of the kernel overflows. */
	const send = async (...texts: string[]) => {
		for (const text of texts) {
			const before = relay.stats.passed + relay.stats.dropped;
			device.send(text, relay.port, '127.0.0.1');
			await until(() => relay.stats.passed + relay.stats.dropped > before);
		}
	};
	const numbered = (count: number) =>
		Array.from({ length: count }, (_, i) => String(i));

	it('passes both ways when nothing is wrong', async () => {
		await start();
		await send('a', 'b', 'c');
		await until(() => replies.length === 3);
		expect(heard).to.deep.equal(['a', 'b', 'c']);
		expect(replies).to.deep.equal(['re a', 're b', 're c']);
	});

	it('loses the share that it is told, and the same ones for the same seed', async () => {
		const loses = async () => {
			heard = [];
			await start({ loss: 0.3 });
			node.removeAllListeners('message');
			node.on('message', (bytes) => heard.push(String(bytes)));
			await send(...numbered(200));
			await until(() => heard.length === relay.stats.passed);
			await relay.close();
			return heard;
		};
		const first = await loses();
		expect(first.length, `seed ${SEED}`).to.be.within(120, 160);
		expect(await loses()).to.deep.equal(first);
	});

	it('duplicates and corrupts', async () => {
		await start({ duplicate: 1, corrupt: 1 });
		await send('abcdef');
		await until(() => heard.length === 2);
		for (const text of heard) {
			expect(text).to.have.length(6).and.not.to.equal('abcdef');
		}
	});

	it('delays each way, and reorders where jitter lets one overtake another', async () => {
		await start({ delayMs: 50 });
		await send('a');
		clock.advance(49);
		expect(clock.pending).to.equal(1);
		clock.advance(1);
		await until(() => clock.pending === 1);
		expect(replies).to.deep.equal([]);
		clock.advance(50);
		await until(() => replies.length === 1);

		heard = [];
		relay.set({ jitterMs: 50 });
		await send(...numbered(50));
		clock.advance(100);
		await until(() => heard.length === 50);
		expect(heard).to.have.members(numbered(50));
		expect(heard).not.to.deep.equal(numbered(50));
	});

	it('passes nothing while it is dark, also what was on its way', async () => {
		await start({ delayMs: 50 });
		await send('on its way');
		relay.dark(true);
		await send('into the dark');
		clock.advance(50);
		relay.dark(false);
		relay.set({});
		await send('after');
		await until(() => replies.length === 1);
		expect(heard).to.deep.equal(['after']);
	});

	it('gives a device another port when it rebinds, and replies still find it', async () => {
		await start();
		await send('before');
		await until(() => replies.length === 1);
		relay.rebind();
		await send('after');
		await until(() => replies.length === 2);
		expect(heard).to.deep.equal(['before', 'after']);
		expect(ports[1]).not.to.equal(ports[0]);
	});
});
