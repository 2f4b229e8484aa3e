import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import type { AgentUpdate } from '../../../src/agent/agent.js';
import { DialError, outcome, type OutcomeCode } from '../../../src/outcome.js';
import {
	seededRandom,
	settle,
	VirtualClock,
} from '../../../src/testing/index.js';
import { FakeTransport } from '../../support/fake-transport.js';

describe('A configuration that changes during a dial', () => {
	const changes: Array<[string, AgentUpdate, OutcomeCode, object]> = [
		[
			'key',
			{ device: { uuid: 'a1b2c3', key: 'fresh' } },
			'http-401',
			{ key: 'fresh' },
		],
		['node', { nodes: ['127.0.0.9:443'] }, 'connect-timeout', { key: 'old' }],
		['node', { nodes: ['127.0.0.9:443'] }, 'early-reset', { key: 'old' }],
	];
	for (const [what, change, code, device] of changes) {
		it(`is used at the next attempt, soon after the dial ends (${what}, ${code})`, async () => {
			for (let seed = 1; seed <= 20; seed++) {
				const clock = new VirtualClock();
				const transport = new FakeTransport();
				const dial = transport.dial.bind(transport);
				let fail!: () => void;
				let failed = 0;
				transport.dial = async (request) => {
					// Long enough in a row for a wait of minutes, but for the change.
					if (failed < 8) {
						failed++;
						await new Promise<void>((_, reject) => {
							fail = () => {
								reject(new DialError(outcome(code, 'As told.')));
							};
						});
					}
					return await dial(request);
				};
				const agent = new CloudlinkAgent({
					device: { uuid: 'a1b2c3', key: 'old' },
					nodes: ['127.0.0.1:443'],
					transports: [transport],
					runtime: { clock, random: seededRandom(seed) },
				});
				await agent.start();
				for (;;) {
					while (agent.state !== 'connecting') {
						clock.fireNext();
						await settle();
					}
					if (failed === 8) {
						break;
					}
					fail();
					await settle();
				}
				agent.update(change);
				await settle();
				expect(agent.state, 'the old dial goes on').to.equal('connecting');
				fail();
				await clock.advanceAsync(5_000);
				expect(agent.state, `seed ${seed}`).to.equal('up');
				const [used] = transport.requests;
				expect(used!.device).to.include(device);
				expect(used!.node!.name).to.equal(change.nodes?.[0] ?? '127.0.0.1:443');
				await agent.stop();
				expect(clock.pending).to.equal(0);
			}
		});
	}
});
