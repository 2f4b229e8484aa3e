import { expect } from 'chai';

import {
	transition,
	type AgentState,
	type StateEvent,
} from '../../../src/agent/state.js';
import type { Wait } from '../../../src/pacing/types.js';
import { FakeLink } from '../../support/fake-transport.js';

const wait: Wait = { law: 'backoff', delayMs: 1000, reason: 'because' };
const waits: StateEvent = { type: 'wait', wait, untilMs: 1000 };
const dials: StateEvent = {
	type: 'dial',
	target: { transport: 'websocket', node: 'a:443' },
};
const comesUp = (node = 'a:443'): StateEvent => ({
	type: 'up',
	link: new FakeLink('websocket', node),
});
const drains: StateEvent = { type: 'drain' };
const ends: StateEvent = { type: 'ended' };
const stops: StateEvent = { type: 'stop' };

const after = (...events: StateEvent[]): AgentState =>
	events.reduce<AgentState>(transition, { name: 'stopped' });

describe('the state of an agent', () => {
	it('goes from a wait over a dial to up', () => {
		expect(after(waits).name).to.equal('waiting');
		expect(after(waits, dials).name).to.equal('connecting');
		expect(after(waits, dials, comesUp()).name).to.equal('up');
	});

	it('waits again after a failed dial, and after the end of a link', () => {
		expect(after(waits, dials, waits).name).to.equal('waiting');
		expect(after(waits, dials, comesUp(), waits).name).to.equal('waiting');
	});

	it('stays draining while the successor waits and dials, and knows where it stands', () => {
		const draining = after(waits, dials, comesUp(), drains, waits);
		expect(draining).to.have.nested.property('successor.name', 'waiting');
		const dialling = transition(draining, dials);
		expect(dialling.name).to.equal('draining');
		expect(dialling).to.have.nested.property('successor.name', 'connecting');
		expect(transition(dialling, comesUp('b:443'))).to.have.nested.property(
			'link.node',
			'b:443',
		);
	});

	it('falls to where the successor stands when a draining link ends early', () => {
		const draining = after(waits, dials, comesUp(), drains, waits);
		expect(transition(draining, ends).name).to.equal('waiting');
		expect(transition(transition(draining, dials), ends).name).to.equal(
			'connecting',
		);
	});

	it('takes a better link without leaving up', () => {
		expect(
			after(waits, dials, comesUp(), comesUp('b:443')),
		).to.have.nested.property('link.node', 'b:443');
	});

	it('can be stopped from everywhere', () => {
		const roads: StateEvent[][] = [
			[],
			[waits],
			[waits, dials],
			[waits, dials, comesUp()],
			[waits, dials, comesUp(), drains],
		];
		for (const road of roads) {
			expect(after(...road, stops).name).to.equal('stopped');
		}
	});

	it('refuses what cannot be', () => {
		const impossible: StateEvent[][] = [
			[dials],
			[comesUp()],
			[waits, drains],
			[waits, ends],
			[waits, dials, comesUp(), ends],
			[waits, dials, dials],
		];
		for (const road of impossible) {
			expect(() => after(...road)).to.throw(/came in the state/);
		}
	});
});
