import { expect } from 'chai';

import { TOMBSTONE_MS } from '../../../src/transports/udp/wire/limits.js';
import { Tombstones } from '../../../src/transports/udp/node/tombstones.js';

const STONE = { owner: 'whoever', words: Buffer.from('last words') };

describe('tombstones', () => {
	it('answer each of the first 8 datagrams, then the 16th, 32nd ...', () => {
		const stones = new Tombstones();
		stones.set('id', STONE, 0);
		const answered = Array.from({ length: 40 }, (_, i) =>
			stones.answer('id') ? i + 1 : 0,
		);
		expect(answered.filter(Boolean)).to.deep.equal([
			1, 2, 3, 4, 5, 6, 7, 8, 16, 32,
		]);
	});

	it('stand for ten seconds', () => {
		const stones = new Tombstones();
		stones.set('id', STONE, 0);
		expect(stones.get('id', TOMBSTONE_MS - 1)).to.include({ owner: 'whoever' });
		expect(stones.get('id', TOMBSTONE_MS)).to.equal(undefined);
		expect(stones.size).to.equal(0);
	});

	it('are no more than 49,152: the oldest go first', () => {
		const stones = new Tombstones();
		for (let i = 0; i < 50_000; i++) {
			stones.set(`id ${i}`, STONE, i / 10_000);
		}
		expect(stones.size).to.equal(49_152);
		expect(stones.get('id 49999', 5)).to.include({ owner: 'whoever' });
		expect(stones.get('id 0', 5)).to.equal(undefined);
	});
});
