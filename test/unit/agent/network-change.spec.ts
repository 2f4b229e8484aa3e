import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { outcome } from '../../../src/outcome.js';
import {
	seededRandom,
	settle,
	VirtualClock,
} from '../../../src/testing/index.js';
import type { LinkSign } from '../../../src/transport.js';
import { FakeTransport } from '../../support/fake-transport.js';

describe('A live link when the network changes', () => {
	let clock: VirtualClock;
	let transport: FakeTransport;
	let agent: CloudlinkAgent;
	let log: string[];
	let asked: number[];
	let answer: (sign: LinkSign) => void;

	beforeEach(async () => {
		clock = new VirtualClock();
		transport = new FakeTransport();
		agent = new CloudlinkAgent({
			device: { uuid: 'a1b2c3', key: 'secret' },
			nodes: ['127.0.0.1:443'],
			transports: [transport],
			runtime: { clock, random: seededRandom(3) },
		});
		await agent.start();
		await clock.advanceAsync(60_000);
		log = [];
		asked = [];
		agent.on('up', () => log.push('up'));
		agent.on('down', (down) => log.push(`down ${down.outcome.code}`));
		agent.on('state', (state) => log.push(state));
		transport.link.checkLiveness = async (deadlineMs) => {
			asked.push(deadlineMs);
			return await new Promise((resolve) => {
				answer = resolve;
			});
		};
	});

	afterEach(async () => {
		await agent.stop();
		expect(clock.pending).to.equal(0);
	});

	const change = async (up = true, id = 'other') => {
		agent.networkChanged({ up, id });
		await settle();
	};

	it('is asked for a sign of life within five seconds, and kept if it has one', async () => {
		await change();
		expect(asked).to.deep.equal([5000]);
		answer('alive');
		await settle();
		expect(log).to.deep.equal([]);
	});

	it('has four of its round trips where they take longer', async () => {
		const stats = transport.link.stats();
		transport.link.stats = () => ({ ...stats, roundTripMs: 2000 });
		await change();
		expect(asked).to.deep.equal([8000]);
		answer('alive');
	});

	it('is made anew at once if it has none', async () => {
		await change();
		answer('dead');
		await clock.advanceAsync(1);
		expect(log).to.deep.equal([
			'waiting',
			'down link-silent',
			'connecting',
			'up',
			'up',
		]);
	});

	it('serves on until its successor is up if it has only moved', async () => {
		const old = transport.link;
		await change();
		answer('moved');
		await clock.advanceAsync(1);
		expect(log).to.deep.equal(['draining', 'down superseded', 'up', 'up']);
		expect(old.graces).not.to.include(0);
	});

	it('is not asked while the network is away, and once more if it changed meanwhile', async () => {
		await change(false);
		expect(asked).to.deep.equal([]);
		await change();
		await change(true, 'a third');
		await change(true, 'a fourth');
		expect(asked).to.have.length(1);
		answer('alive');
		await settle();
		expect(asked).to.have.length(2);
		answer('alive');
		await settle();
		expect(asked).to.have.length(2);
	});

	it('does not hurt its successor with a late answer', async () => {
		await change();
		transport.link.end(outcome('link-reset', 'Reset.'));
		await clock.advanceAsync(10_000);
		const count = transport.links.length;
		answer('dead');
		await clock.advanceAsync(10_000);
		expect(transport.links).to.have.length(count);
		expect(agent.state).to.equal('up');
	});
});
