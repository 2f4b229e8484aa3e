import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { outcome } from '../../../src/outcome.js';
import { seededRandom, VirtualClock } from '../../../src/testing/index.js';
import {
	FakeTransport,
	type FakeAnswer,
} from '../../support/fake-transport.js';

async function agentAfter(...answers: FakeAnswer[]) {
	const clock = new VirtualClock();
	const transport = new FakeTransport(answers);
	const agent = new CloudlinkAgent({
		device: { uuid: 'a1b2c3', key: 'secret' },
		nodes: ['127.0.0.1:443'],
		transports: [transport],
		runtime: { clock, random: seededRandom(3) },
	});
	await agent.start();
	await clock.advanceAsync(6_000);
	return { agent, clock, transport };
}

const refused = outcome('connect-refused', 'Nobody listens there.');
const unkeyed = outcome('http-401', 'The node refuses the key.');
const slot = outcome('http-429', 'The node has no place.', {
	hint: { retryAfterMs: 600_000 },
});

describe('to try now', () => {
	it('ends a wait that was our own caution, and says so', async () => {
		const { agent, clock, transport } = await agentAfter(unkeyed, 'up');
		expect(agent.status().waiting!.leftMs).to.be.above(10_000);
		expect(agent.retryNow()).to.deep.equal({
			ended: true,
			reason: 'An attempt was asked for; the wait (slow) was our own caution.',
		});
		await clock.advanceAsync(1);
		expect(agent.state).to.equal('up');
		expect(transport.requests).to.have.length(2);
		await agent.stop();
	});

	it('never ends a wait that a node asked for, and says that it did', async () => {
		const { agent, clock, transport } = await agentAfter(slot, 'up');
		const { ended, reason } = agent.retryNow();
		expect(ended).to.equal(false);
		expect(reason).to.match(/^A node asked for this wait\. /);
		await clock.advanceAsync(60_000);
		expect(transport.requests).to.have.length(1);
		await agent.stop();
	});

	it('does nothing where no wait is running', async () => {
		const { agent, clock, transport } = await agentAfter('up');
		expect(agent.retryNow().ended).to.equal(false);
		await clock.advanceAsync(1);
		expect(transport.requests).to.have.length(1);
		await agent.stop();
		expect(agent.retryNow()).to.deep.equal({
			ended: false,
			reason: 'The agent is stopped.',
		});
	});

	it('paces what follows as ever: another failure is waited after', async () => {
		const { agent, clock, transport } = await agentAfter(refused);
		const before = transport.requests.length;
		agent.retryNow();
		await clock.advanceAsync(1);
		expect(transport.requests).to.have.length(before + 1);
		expect(agent.state).to.equal('waiting');
		await agent.stop();
	});

	it('makes another link before it leaves the one that is there', async () => {
		const { agent, clock, transport } = await agentAfter('up');
		const log: string[] = [];
		agent.on('up', () => log.push('up'));
		agent.on('down', ({ outcome: { code } }) => log.push(`down ${code}`));
		agent.on('state', (state) => log.push(state));
		expect(agent.reconnect().ended).to.equal(true);
		await clock.advanceAsync(10_000);
		expect(transport.requests).to.have.length(2);
		expect(log).to.deep.equal(['draining', 'down superseded', 'up', 'up']);
		expect(agent.status().history.map(({ result }) => result)).to.deep.equal([
			'ended',
			'up',
		]);
		await agent.stop();
	});
});
