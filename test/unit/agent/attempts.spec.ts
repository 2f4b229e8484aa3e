import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { wait } from '../../../src/runtime/index.js';
import { seededRandom, VirtualClock } from '../../../src/testing/index.js';
import type { DialRequest, Link } from '../../../src/transport.js';
import { FakeTransport } from '../../support/fake-transport.js';

/** A node that takes each connection and answers the first one after so long; the others never. */
class Queue extends FakeTransport {
	constructor(readonly servedAfterMs: number) {
		super();
	}

	override async dial(request: DialRequest): Promise<Link> {
		const first = this.requests.length === 0;
		if (!first) {
			this.answers = ['mute'];
			return await super.dial(request);
		}
		const link = super.dial(request);
		request.onConnected?.();
		await wait(request.runtime.clock, this.servedAfterMs, request.signal);
		return await link;
	}
}

function setUp(transports: FakeTransport[], seed = 1) {
	const clock = new VirtualClock();
	const agent = new CloudlinkAgent({
		device: { uuid: 'a1b2c3', key: 'secret' },
		nodes: ['127.0.0.1:443'],
		transports,
		runtime: { clock, random: seededRandom(seed) },
	});
	const attempts: number[] = [];
	agent.on('attempt', () => attempts.push(clock.monotonicMs()));
	return { agent, clock, attempts };
}

describe('a silent attempt', () => {
	it('is not thrown away: it makes the link when its turn comes, in a wait as in another attempt', async () => {
		for (const servedAfterMs of [76_000, 150_000, 900_000, 3_000_000]) {
			const queue = new Queue(servedAfterMs);
			const { agent, clock, attempts } = setUp([queue]);
			await agent.start();
			for (let i = 0; i < servedAfterMs + 6000; i += 1000) {
				await clock.advanceAsync(1000);
			}
			expect(agent.state, `${servedAfterMs}`).to.equal('up');
			expect(attempts.length, `${servedAfterMs}`).to.be.within(1, 9);
			// Whoever dialled beside it is let go.
			expect(
				queue.requests.slice(1).every(({ signal }) => signal.aborted),
			).to.equal(true);
			await agent.stop();
			expect(clock.pending).to.equal(0);
		}
	});

	it('is let go after an hour, and by stop()', async () => {
		const mute = new FakeTransport(['mute']);
		const { agent, clock } = setUp([mute]);
		await agent.start();
		await clock.advanceAsync(5000);
		const [first] = mute.requests;
		for (let i = 0; i < 3500; i += 10) {
			await clock.advanceAsync(10_000);
		}
		expect(first?.signal.aborted).to.equal(false);
		await clock.advanceAsync(200_000);
		expect(first?.signal.aborted).to.equal(true);
		await agent.stop();
		expect(clock.pending).to.equal(0);
	});

	it('has another transport tried beside it at once: a mute TCP path has a link over UDP within 40 s', async () => {
		for (let seed = 1; seed <= 50; seed++) {
			const mute = new FakeTransport(['mute']);
			const udp = new FakeTransport(['up'], 'udp');
			const { agent, clock } = setUp([mute, udp], seed);
			await agent.start();
			for (let i = 0; i < 40 && agent.state !== 'up'; i++) {
				await clock.advanceAsync(1000);
			}
			expect(agent.link?.transport, `seed ${seed}`).to.equal('udp');
			await agent.stop();
			expect(clock.pending).to.equal(0);
		}
	});

	it('keeps its place beside that link, and takes over when its turn comes', async () => {
		for (let seed = 1; seed <= 20; seed++) {
			const queue = new Queue(35_000);
			const udp = new FakeTransport(['up'], 'udp');
			const { agent, clock } = setUp([queue, udp], seed);
			const went: string[] = [];
			agent.on('down', ({ outcome }) => went.push(outcome.code));
			await agent.start();
			for (let i = 0; i < 60 && agent.link?.transport !== 'websocket'; i++) {
				await clock.advanceAsync(1000);
			}
			expect(agent.link?.transport, `seed ${seed}`).to.equal('websocket');
			expect(clock.monotonicMs()).to.be.below(42_000);
			expect(queue.requests).to.have.length(1);
			expect(went).to.deep.equal(['superseded']);
			await agent.stop();
			expect(clock.pending).to.equal(0);
		}
	});

	it('is let go when the configuration changes beside that link, and by stop()', async () => {
		for (const leave of ['update', 'stop'] as const) {
			const mute = new FakeTransport(['mute']);
			const udp = new FakeTransport(['up'], 'udp');
			const { agent, clock } = setUp([mute, udp]);
			await agent.start();
			await clock.advanceAsync(25_000);
			expect(agent.link?.transport).to.equal('udp');
			const [first] = mute.requests;
			expect(first?.signal.aborted).to.equal(false);
			if (leave === 'update') {
				agent.update({ nodes: ['127.0.0.1:443', '127.0.0.2:443'] });
				expect(first?.signal.aborted).to.equal(true);
				expect(agent.link?.transport).to.equal('udp');
			}
			await agent.stop();
			expect(first?.signal.aborted).to.equal(true);
			expect(clock.pending).to.equal(0);
		}
	});
});
