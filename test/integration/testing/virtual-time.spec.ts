import { expect } from 'chai';

import { CloudlinkAgent, udp, websocket } from '../../../src/index.js';
import {
	MockCloudlink,
	seededRandom,
	VirtualClock,
} from '../../../src/testing/index.js';

describe('an agent on a virtual clock, against a healthy mock', () => {
	for (const transport of ['websocket', 'udp'] as const) {
		it(`over ${transport} is up after a virtual minute, and comes back after a crash`, async () => {
			const clock = new VirtualClock();
			const mock = await MockCloudlink.start({ tls: true, clock });
			const { ca } = mock;
			const agent = new CloudlinkAgent({
				device: { uuid: 'a1b2c3', key: 'secret' },
				nodes: [mock.nodes[0]!.address],
				transports: [transport === 'udp' ? udp({ ca }) : websocket({ ca })],
				runtime: { clock, random: seededRandom(1) },
			});
			const failed: string[] = [];
			agent.on('failed', ({ outcome }) =>
				failed.push(outcome.code + outcome.message),
			);
			try {
				await agent.start();
				await clock.advanceAsync(60_000);
				expect(failed).to.deep.equal([]);
				expect(agent.state).to.equal('up');

				await mock.crash(0);
				await clock.advanceAsync(60_000);
				expect(agent.state).to.not.equal('up');
				await mock.restart(0);
				await clock.advanceAsync(600_000);
				expect(agent.state).to.equal('up');
			} finally {
				await agent.stop();
				await mock.stop();
			}
			expect(clock.pending).to.equal(0);
		});
	}
});
