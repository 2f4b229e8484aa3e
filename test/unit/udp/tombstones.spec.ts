import { expect } from 'chai';

import { TOMBSTONE_MS } from '../../../src/transports/udp/wire/limits.js';
import { Tombstones } from '../../../src/transports/udp/node/tombstones.js';

const WORDS = Buffer.from('last words');

describe('tombstones', () => {
	it('answer the 1st, 2nd, 4th, 8th ... datagram', () => {
		const stones = new Tombstones();
		stones.set('id', WORDS, 0);
		const answered = Array.from({ length: 20 }, (_, i) =>
			stones.answer('id') ? i + 1 : 0,
		);
		expect(answered.filter(Boolean)).to.deep.equal([1, 2, 4, 8, 16]);
	});

	it('stand for ten seconds', () => {
		const stones = new Tombstones();
		stones.set('id', WORDS, 0);
		expect(stones.has('id', TOMBSTONE_MS - 1)).to.equal(true);
		expect(stones.has('id', TOMBSTONE_MS)).to.equal(false);
		expect(stones.size).to.equal(0);
	});

	it('are no more than 4096: the oldest go first', () => {
		const stones = new Tombstones();
		for (let i = 0; i < 5000; i++) {
			stones.set(`id ${i}`, undefined, i / 1000);
		}
		expect(stones.size).to.equal(4096);
		expect(stones.has('id 4999', 5)).to.equal(true);
		expect(stones.has('id 0', 5)).to.equal(false);
	});
});
