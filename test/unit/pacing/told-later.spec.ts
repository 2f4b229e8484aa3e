import { expect } from 'chai';

import { outcome } from '../../../src/outcome.js';
import { driver } from './by-hand.js';

const reset = outcome('link-reset', 'The link was reset.');
const later = { retryAfterMs: 30_000 };

describe('a node that says on a link when to come back', () => {
	for (const upForMs of [2_000, 600_000]) {
		it(`is heeded when the link is lost ${upForMs / 1000} s after it came up`, () => {
			const { tell, pass, attempt } = driver();
			pass(tell({ type: 'start' })!.delayMs);
			attempt('up');
			pass(upForMs);
			expect(tell({ type: 'hint', hint: later })).to.equal(undefined);
			pass(1_000);
			const wait = tell({ type: 'ended', outcome: reset })!;
			expect(wait.delayMs).to.be.at.least(29_000);
			expect(wait.delayMs).to.be.below(60_000);
		});
	}

	it('has said nothing any more once that moment is over', () => {
		const { tell, pass, attempt } = driver();
		pass(tell({ type: 'start' })!.delayMs);
		attempt('up');
		tell({ type: 'hint', hint: later });
		pass(600_000);
		expect(tell({ type: 'ended', outcome: reset })!.delayMs).to.be.below(5_000);
	});

	it('makes a wait that runs longer, and no other', () => {
		const { tell, pass, attempt } = driver();
		pass(tell({ type: 'start' })!.delayMs);
		attempt('up');
		pass(600_000);
		const first = tell({ type: 'ended', outcome: reset })!;
		expect(first.delayMs).to.be.below(5_000);
		const wait = tell({ type: 'hint', hint: later })!;
		expect(wait.delayMs).to.equal(30_000);
		expect(wait.reason).to.include('as the node said');
		expect(tell({ type: 'hint', hint: { retryAfterMs: 10_000 } })).to.equal(
			undefined,
		);
	});
});
