import { expect } from 'chai';

import { seededRandom } from '../../../src/testing/seeded-random.js';
import { MAX_RANGES_KEPT } from '../../../src/transports/udp/wire/limits.js';
import { ReceivedNumbers } from '../../../src/transports/udp/connection/received-numbers.js';
import { freshSeed } from '../../support/udp-pair.js';

describe('received packet numbers', () => {
	it('agree with a plain set, in any order', () => {
		const seed = freshSeed();
		const random = seededRandom(seed);
		const received = new ReceivedNumbers();
		const plain = new Set<number>();
		// No more gaps than are remembered: from there on, has() says yes to what is below.
		for (let i = 0; i < 2000; i++) {
			const packetNumber = Math.floor(random() * 2 * MAX_RANGES_KEPT);
			expect(received.has(packetNumber), `SEED=${seed}`).to.equal(
				plain.has(packetNumber),
			);
			if (!plain.has(packetNumber)) {
				received.add(packetNumber);
				plain.add(packetNumber);
			}
			const told = received.ranges.flatMap(({ low, high }) =>
				Array.from({ length: high - low + 1 }, (_, at) => low + at),
			);
			expect(
				told.sort((a, b) => a - b),
				`SEED=${seed}`,
			).to.deep.equal([...plain].sort((a, b) => a - b));
		}
	});

	it('keep the newest ranges, newest first, and never take what fell off the end for new', () => {
		const received = new ReceivedNumbers();
		for (let i = 0; i < 1000; i++) {
			received.add(2 * i);
		}
		expect(received.ranges).to.have.lengthOf(MAX_RANGES_KEPT);
		expect(received.ranges[0]).to.deep.equal({ low: 1998, high: 1998 });
		expect(received.has(0)).to.equal(true);
		expect(received.has(1)).to.equal(true);
		expect(received.has(1997)).to.equal(false);
	});

	it('say -1 is the largest while there is none', () => {
		expect(new ReceivedNumbers().largest).to.equal(-1);
	});
});
