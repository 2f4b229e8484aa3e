import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';

import { CHANNELS, publishEvents } from '../../../src/agent/channels.js';
import {
	FakeAgent,
	STATS,
	fakeLink,
	upStatus,
} from '../telemetry/fake-agent.js';

describe('diagnostics channels', () => {
	it('carry every event, with the agent that it came from', () => {
		const agent = new FakeAgent();
		const seen: Array<[string, Record<string, unknown>]> = [];
		const listener = (message: unknown, name: string | symbol) => {
			seen.push([String(name), message as Record<string, unknown>]);
		};
		Object.values(CHANNELS).forEach((name) => {
			subscribe(name, listener);
		});
		const stop = publishEvents(agent);
		const link = fakeLink(STATS);
		agent.become(upStatus());
		agent.emit('attempt', { count: 1, transport: 'udp', node: 'a:1' });
		agent.emit('up', link);
		expect(seen.map(([name]) => name)).to.deep.equal([
			'cloudlink:agent:state',
			'cloudlink:agent:attempt',
			'cloudlink:agent:up',
		]);
		expect(seen.every(([, message]) => message.agent === agent)).to.equal(true);
		expect(seen[0]![1]).to.include({ state: 'up', previous: 'stopped' });
		expect(seen[2]![1].link).to.equal(link);
		stop();
		agent.emit('up', link);
		expect(seen).to.have.length(3);
		expect(agent.listeners).to.equal(0);
		Object.values(CHANNELS).forEach((name) => {
			unsubscribe(name, listener);
		});
	});
});
