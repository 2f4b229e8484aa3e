/* eslint-disable no-bitwise -- flips bits */

import { expect } from 'chai';

import {
	ageOf,
	decodeState,
	encodeState,
	OLDEST_MS,
} from '../../../src/state-file/format.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

const stamp = { wallMs: 1_700_000_000_000, bootId: 'boot', bootMs: 60_000 };
const record = { stamp, document: { pacing: { level: 3 }, nodes: [1, 'ü'] } };

describe('the format of the state file', () => {
	it('gives back what was written', () => {
		expect(decodeState(encodeState(record))).to.deep.equal(record);
	});

	it('names its version in a first line that people can read', () => {
		expect(encodeState(record)).to.match(/^\{"cloudlinkAgentState":2,/);
	});

	it('refuses a file of another version', () => {
		const text = encodeState(record).replace('State":2', 'State":3');
		expect(() => decodeState(text)).to.throw(
			/not a state file of this version/,
		);
	});

	for (const text of [
		'',
		'\n',
		'{}',
		'null\nnull\n',
		'[]\n[]\n',
		'\u0000'.repeat(4096),
	]) {
		it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
			expect(() => decodeState(text)).to.throw(/not a state file/);
		});
	}

	it('refuses every cut and every flipped bit', () => {
		const bytes = Buffer.from(encodeState(record));
		for (let length = 0; length < bytes.length; length++) {
			const cut = bytes.subarray(0, length).toString();
			expect(() => decodeState(cut), `cut to ${length}`).to.throw();
		}
		const random = seededRandom(1);
		for (let i = 0; i < 500; i++) {
			const damaged = Buffer.from(bytes);
			const at = Math.floor(random() * bytes.length);
			damaged[at]! ^= 2 ** Math.floor(random() * 8);
			const text = damaged.toString();
			let read: unknown;
			try {
				read = decodeState(text);
			} catch {
				continue;
			}
			// Only what has no meaning may differ: nothing that is read does.
			expect(read, `byte ${at}`).to.deep.equal(record);
		}
	});
});

describe('the age of a state', () => {
	const later = (more: Partial<typeof stamp>) => ({ ...stamp, ...more });

	it('is told by the time since boot within one boot, whatever the wall clock was set to', () => {
		expect(ageOf(stamp, later({ bootMs: 70_000, wallMs: 0 }))).to.equal(10_000);
	});

	it('is told by the wall clock across boots', () => {
		const now = later({
			bootId: 'next',
			bootMs: 5,
			wallMs: stamp.wallMs + 3000,
		});
		expect(ageOf(stamp, now)).to.equal(3000);
	});

	it('is 0 where the wall clock is back in the past', () => {
		expect(ageOf(stamp, later({ bootId: 'next', wallMs: 0 }))).to.equal(0);
		expect(ageOf(stamp, later({ bootMs: 1 }))).to.equal(0);
	});

	it('is a week at most where the wall clock was in the past then', () => {
		const old = later({ bootId: 'last', wallMs: 0 });
		expect(ageOf(old, stamp)).to.equal(OLDEST_MS);
	});

	it('does not take two unknown boots for one', () => {
		const unknown = later({ bootId: undefined });
		const now = { ...unknown, bootMs: 90_000, wallMs: stamp.wallMs + 1000 };
		expect(ageOf(unknown, now)).to.equal(1000);
	});
});
