/**
 * Your program against a cloud on loopback, in virtual time, with `node:test`:
 *
 *   npx tsx --test examples/testing/comes-back.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CloudlinkAgent, websocket } from 'cloudlink-agent';
import {
	MockCloudlink,
	seededRandom,
	VirtualClock,
} from 'cloudlink-agent/testing';

// Chance repeats: print the seed where a test fails, and pass it in to replay.
const seed = process.env['SEED'] ?? 'a';

void test(`comes back after a crash of the node (SEED=${seed})`, async (t) => {
	const clock = new VirtualClock();
	const mock = await MockCloudlink.start({ nodes: 2, clock });
	t.after(() => mock.stop());
	const agent = new CloudlinkAgent({
		device: { uuid: 'a1b2c3', key: 'secret' },
		nodes: mock.nodes.map(({ address }) => address),
		transports: [websocket({ insecure: true })],
		runtime: { clock, random: seededRandom(seed) },
	});
	t.after(() => agent.stop());

	await agent.start();
	await clock.advanceAsync(60_000);
	const first = agent.link?.node;
	assert.equal(agent.state, 'up');

	await mock.crash(mock.nodes.findIndex(({ address }) => address === first));
	await clock.advanceAsync(60_000);
	assert.equal(agent.state, 'up');
	assert.notEqual(agent.link?.node, first);
});
