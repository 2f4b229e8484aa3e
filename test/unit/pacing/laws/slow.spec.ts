import { expect } from 'chai';

import { resolvePacing } from '../../../../src/pacing/index.js';
import { slowMs } from '../../../../src/pacing/laws/slow.js';

const options = resolvePacing({
	slowFirstMs: 1000,
	slowLongestMs: 20_000,
});

describe('law for what has to be mended first', () => {
	it('grows to its longest wait and stays there, jittered over the upper half', () => {
		const longest = [1, 2, 3, 6, 50].map(
			(times) => slowMs(options, times, 1).delayMs,
		);
		expect(longest).to.deep.equal([1000, 2000, 4000, 20_000, 20_000]);
		expect(slowMs(options, 2, 0).delayMs).to.equal(1000);
		expect(slowMs(options, 1e6, 0).delayMs).to.equal(10_000);
	});
});
