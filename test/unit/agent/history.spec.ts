import { expect } from 'chai';

import { History, HISTORY_LENGTH } from '../../../src/agent/history.js';
import { outcome } from '../../../src/outcome.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { FakeAgent, STATS, fakeLink } from '../telemetry/fake-agent.js';

describe('the history of an agent', () => {
	let clock: VirtualClock;
	let agent: FakeAgent;
	let history: History;

	beforeEach(() => {
		clock = new VirtualClock({ wallMs: 1_000_000 });
		agent = new FakeAgent();
		history = new History(agent, clock);
	});

	const node = 'a.example.com:443';
	const attempt = (transport = 'websocket') => {
		agent.emit('attempt', { count: 1, transport, node });
	};
	const fail = (text = 'It was so.') => {
		const cause = new Error('a secret');
		agent.emit('failed', {
			count: 1,
			transport: 'websocket',
			node,
			outcome: outcome('http-429', text, { cause }),
		});
	};

	it('has an attempt that failed, when it was, how long it took and why', () => {
		attempt();
		clock.advance(250);
		fail();
		expect(history.entries).to.deep.equal([
			{
				at: 1_000_000,
				transport: 'websocket',
				node,
				tookMs: 250,
				lastedMs: undefined,
				result: 'failed',
				ending: {
					kind: 'throttled',
					code: 'http-429',
					message: 'It was so.',
				},
			},
		]);
		expect(JSON.stringify(history.entries)).not.to.include('secret');
	});

	it('has a link with its attempt, and how it ended, once', () => {
		attempt();
		clock.advance(400);
		agent.emit('up', fakeLink(STATS));
		expect(history.entries[0]).to.include({ result: 'up', tookMs: 400 });
		clock.advance(9000);
		const ended = outcome('link-reset', 'reset');
		agent.emit('down', {
			transport: 'websocket',
			node,
			outcome: ended,
			lastedMs: 9000,
		});
		const [entry] = history.entries;
		expect(entry).to.include({ result: 'ended', tookMs: 400, lastedMs: 9000 });
		expect(entry!.ending!.code).to.equal('link-reset');
	});

	it('tells an attempt that runs, and one that was given up for another', () => {
		attempt();
		expect(history.entries[0]).to.include({
			result: 'connecting',
			tookMs: undefined,
		});
		attempt('udp');
		expect(history.entries.map(({ result }) => result)).to.deep.equal([
			'given-up',
			'connecting',
		]);
	});

	it('keeps the newest and a bounded number, each of bounded size', () => {
		for (let i = 0; i < HISTORY_LENGTH + 5; i++) {
			attempt();
			fail(`${i}${'x'.repeat(9999)}`);
		}
		expect(history.entries).to.have.length(HISTORY_LENGTH);
		expect(history.entries.at(-1)!.ending!.message).to.match(/^24x/);
		expect(JSON.stringify(history.entries).length).to.be.below(16_000);
	});

	it('listens no more once it is closed', () => {
		history.close();
		expect(agent.listeners).to.equal(0);
	});
});
