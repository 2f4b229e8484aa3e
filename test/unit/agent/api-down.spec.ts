import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { outcome } from '../../../src/outcome.js';
import { seededRandom, VirtualClock } from '../../../src/testing/index.js';
import { FakeTransport } from '../../support/fake-transport.js';

const DEVICES = 40;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const refusal = outcome('auth-failed', 'the node refused the device key');

/** How long the API behind the logins is down, by when all are back after it, and the most attempts of a device until then. */
const OUTAGES = [
	{ downMs: MINUTE, backWithinMs: 2 * MINUTE, attempts: 6 },
	{ downMs: 10 * MINUTE, backWithinMs: 9 * MINUTE, attempts: 9 },
	{ downMs: 120 * MINUTE, backWithinMs: 35 * MINUTE, attempts: 16 },
];

describe('a fleet whose keys worked, while every key is refused', () => {
	for (const { downMs, backWithinMs, attempts } of OUTAGES) {
		it(`is back within ${backWithinMs / MINUTE} min of an outage of ${downMs / MINUTE} min, and says what it takes it for`, async () => {
			const clock = new VirtualClock();
			const said = new Set<string>();
			const laws = new Set<string>();
			const fleet = Array.from({ length: DEVICES }, (_, device) => {
				const transport = new FakeTransport(
					['up'],
					'openvpn-tcp',
					'break-before-make',
				);
				const agent = new CloudlinkAgent({
					device: { uuid: `device-${device}`, key: 'secret' },
					nodes: ['192.0.2.1:443'],
					transports: [transport],
					runtime: { clock, random: seededRandom(device) },
				});
				return { agent, transport };
			});
			await Promise.all(fleet.map(({ agent }) => agent.start()));
			await clock.advanceAsync(MINUTE);
			for (const { agent, transport } of fleet) {
				expect(agent.state).to.equal('up');
				agent.on('retry', ({ outcome: { code, message }, law }) => {
					if (code === refusal.code) {
						said.add(message);
						laws.add(law);
					}
				});
				transport.answers = [refusal];
				transport.link.end(outcome('link-reset', 'Reset.'));
			}

			await clock.advanceAsync(downMs);
			for (const { agent, transport } of fleet) {
				expect(agent.state).to.not.equal('up');
				transport.answers = ['up'];
			}
			await clock.advanceAsync(backWithinMs);
			for (const [device, { agent, transport }] of fleet.entries()) {
				expect(agent.state, `device ${device}`).to.equal('up');
				// The first was before.
				expect(transport.requests.length - 1).to.be.at.most(attempts);
			}
			expect([...said]).to.deep.equal([
				'the node refuses a key that worked; perhaps its API is down',
			]);
			expect([...laws]).to.deep.equal(['congestion']);
			await Promise.all(fleet.map(({ agent }) => agent.stop()));
			expect(clock.pending).to.equal(0);
		});
	}
});
