import { expect } from 'chai';

import { MAX_DATAGRAM_BYTES } from '../../../src/transports/udp/wire/limits.js';
import { LONG } from '../../../src/transports/udp/wire/packet.js';
import { BULK_BYTES, LONG_TIMEOUT_MS } from '../../support/udp-long.js';
import type { PathFaults } from '../../support/udp-network.js';
import { freshSeed, makePair } from '../../support/udp-pair.js';

/** 80 Mbit/s, a round trip of 20 ms. */
const PATH: PathFaults = { delayMs: 10, bytesPerMs: 10_000 };

const CASES: ReadonlyArray<readonly [what: string, faults: PathFaults]> = [
	['nothing is lost', {}],
	['1 % is lost', { loss: 0.01 }],
	['3 % is lost', { loss: 0.03 }],
	['10 % is lost', { loss: 0.1 }],
	[
		'one in ten is overtaken by up to ten',
		{ reordering: { chance: 0.1, depth: 10 } },
	],
	['5 % come twice', { duplication: 0.05 }],
	// Each packet is acknowledged at once then, and most ACKs are overtaken.
	['each is delayed by up to 20 ms more', { jitterMs: 20 }],
	['losses come in bursts of 20', { bursts: { chance: 0.001, length: 20 } }],
	['nothing passes for 2 s', { blackout: { fromMs: 400, forMs: 2000 } }],
	[
		'all of it happens',
		{
			loss: 0.02,
			reordering: { chance: 0.05, depth: 10 },
			duplication: 0.05,
			jitterMs: 5,
			bursts: { chance: 0.0005, length: 10 },
			blackout: { fromMs: 1000, forMs: 2000 },
		},
	],
];

describe(`${BULK_BYTES / 1e6} MB each way arrive whole`, function () {
	this.timeout(LONG_TIMEOUT_MS);

	for (const [what, faults] of CASES) {
		it(`when ${what}`, () => {
			const seed = freshSeed();
			const pair = makePair({
				seed,
				bulkBytes: BULK_BYTES,
				faults: { ...PATH, ...faults },
			});
			const { client, server, clientEnd, serverEnd, network } = pair;
			let largest = 0;
			network.onSend = ({ datagram }) => {
				largest = Math.max(largest, datagram.length);
			};
			const replay = `replay with SEED=${seed}`;
			const hour = 3_600_000;
			const isDone = () =>
				client.ended !== undefined && server.ended !== undefined;
			expect(network.run(isDone, 24 * hour), replay).to.equal(true);
			expect(client.ended, replay).to.deep.equal({ reason: 'done' });
			expect(server.ended, replay).to.deep.equal({ reason: 'done' });
			expect(clientEnd.receivedBytes, replay).to.equal(BULK_BYTES);
			expect(clientEnd.hash.digest('hex'), replay).to.equal(
				serverEnd.sentHash.digest('hex'),
			);
			expect(serverEnd.hash.digest('hex'), replay).to.equal(
				clientEnd.sentHash.digest('hex'),
			);
			expect(largest, replay).to.be.at.most(MAX_DATAGRAM_BYTES);
		});
	}
});

describe('bits that are turned on the way', function () {
	this.timeout(LONG_TIMEOUT_MS);

	for (const [where, position] of [
		['the first byte', () => 0],
		[
			'the ID or the packet number',
			(length: number, random: number) =>
				1 + Math.floor(random * Math.min(12, length - 1)),
		],
		[
			'the frames',
			(length: number, random: number) =>
				13 + Math.floor(random * Math.max(1, length - 29)),
		],
		[
			'the tag',
			(length: number, random: number) => length - 1 - Math.floor(random * 16),
		],
	] as const) {
		it(`in ${where} cost a packet and nothing else`, () => {
			const seed = freshSeed();
			const bulkBytes = 500_000;
			const pair = makePair({ seed, bulkBytes, faults: PATH });
			const { client, server, clientEnd, serverEnd, network, random } = pair;
			let turned = 0;
			let handshakePackets = 0;
			network.filter = ({ datagram }) => {
				if (random() >= 0.02) {
					handshakePackets += datagram[0]! >= LONG.hello ? 1 : 0;
					return true;
				}
				turned++;
				const copy = Buffer.from(datagram);
				const at = Math.min(copy.length - 1, position(copy.length, random()));
				// eslint-disable-next-line no-bitwise -- a bit is turned
				copy[at]! ^= 1 << Math.floor(random() * 8);
				return copy;
			};
			const replay = `replay with SEED=${seed}`;
			const isDone = () =>
				client.ended !== undefined && server.ended !== undefined;
			expect(network.run(isDone, 3_600_000), replay).to.equal(true);
			expect(turned, replay).to.be.above(0);
			expect(clientEnd.hash.digest('hex'), replay).to.equal(
				serverEnd.sentHash.digest('hex'),
			);
			expect(serverEnd.hash.digest('hex'), replay).to.equal(
				clientEnd.sentHash.digest('hex'),
			);
			const dropped = [client, server].map(
				({ stats }) =>
					stats.dropped.mac + stats.dropped.malformed + stats.dropped.epoch,
			);
			// One may be on its way when the connection ends; and of the handshake packets a copy that
			// was sent again may come when their keys are gone already.
			expect(dropped[0]! + dropped[1]!, replay).to.be.within(
				turned - 2,
				turned + handshakePackets,
			);
		});
	}
});
