import { expect } from 'chai';

import { ROWS, type Row } from '../bench/pacing/rows.js';

/** Enough of the table of targets to notice when pacing becomes worse; `npm run bench:pacing` has all of it. */
const GATE = [
	'window known, N/R = 200 s, reject cost 0.1',
	'window known, N/R = 37 s, reject cost 0.3',
	'queue slots at the door, N/R = 100 s',
	'queue slots at the door, N/R = 330 s',
	'600 s hard outage, 10,000 devices, no limit after it',
	'one device loses its link, node healthy (2,000 of them)',
	'no hint, N/R = 20 s',
];

const SEEDS = [1, 2, 3, 4, 5];

describe('targets of pacing', function () {
	this.timeout(60_000);

	for (const title of GATE) {
		it(title, () => {
			const row = ROWS.find((each): each is Row => each.title === title)!;
			for (const { name, value, target } of row.figures('agent', SEEDS)) {
				if (target !== undefined) {
					expect(value, name).to.be.at.most(target);
				}
			}
		});
	}
});
