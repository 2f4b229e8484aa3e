import { expect } from 'chai';

import { resolvePacing } from '../../../../src/pacing/index.js';
import {
	learnedPatienceMs,
	patience,
} from '../../../../src/pacing/laws/patience.js';

const options = resolvePacing();
const HOUR_MS = 3600_000;

describe('law of patience', () => {
	it('keeps a silent attempt for an hour, and tries beside it sooner', () => {
		const alone = [0, 1, 2, 3, 50].map(
			(refusals) => patience(options, 0, refusals, true).aloneMs,
		);
		expect(alone).to.deep.equal([65_000, 130_000, 130_000, 130_000, 130_000]);
		expect(patience(options, 0, 0, true).keptMs).to.equal(HOUR_MS);
	});

	it('grows fourfold where no attempt can be kept', () => {
		const alone = [0, 1, 2, 3, 50].map(
			(refusals) => patience(options, 0, refusals, false).aloneMs,
		);
		expect(alone).to.deep.equal([65_000, 260_000, 1_040_000, HOUR_MS, HOUR_MS]);
		expect(patience(options, 0, 0, false).keptMs).to.equal(0);
	});

	it('tries another way at once, where there is one, beside the first silence', () => {
		expect(patience(options, 0, 0, true, true)).to.deep.equal({
			aloneMs: 0,
			keptMs: HOUR_MS,
		});
		expect(patience(options, 0, 1, true, true).aloneMs).to.equal(130_000);
		expect(patience(options, 0, 0, false, true).aloneMs).to.equal(65_000);
	});

	it('begins with what a queue took the last time, and forgets it where there is none', () => {
		const learned = learnedPatienceMs(0, 400_000);
		expect(patience(options, learned, 0, false).aloneMs).to.equal(600_000);
		expect(learnedPatienceMs(learned, 200)).to.equal(300_000);
	});
});
