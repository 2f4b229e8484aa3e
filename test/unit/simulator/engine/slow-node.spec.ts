import { expect } from 'chai';

import { SlowNode } from '../../../../src/simulator/engine/slow-node.js';

function node(seconds: number): SlowNode {
	return new SlowNode({
		workers: 2,
		secondsAt: () => seconds,
		queueSeconds: 20,
		giveUpSeconds: 10,
	});
}
import { DEFAULT_PATIENCE } from '../../../../src/simulator/engine/policy.js';

describe('SlowNode', () => {
	it('answers after one authentication while a worker is free', () => {
		const slow = node(3);
		expect(slow.attempt(0, 0, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 3000,
		});
		expect(slow.attempt(1, 1000, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 3000,
		});
	});

	it('lets the rest wait in line', () => {
		const slow = node(3);
		slow.attempt(0, 0, DEFAULT_PATIENCE);
		slow.attempt(1, 0, DEFAULT_PATIENCE);
		expect(slow.attempt(2, 0, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 6000,
		});
		expect(slow.attempt(3, 1000, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 5000,
		});
	});

	it('loses a client that waits too long, and does his work nevertheless', () => {
		const slow = node(6);
		slow.attempt(0, 0, DEFAULT_PATIENCE);
		slow.attempt(1, 0, DEFAULT_PATIENCE);
		const gaveUp = slow.attempt(2, 0, DEFAULT_PATIENCE);
		expect(gaveUp.afterMs).to.equal(10_000);
		expect(gaveUp.refusal?.code).to.equal('upgrade-timeout');
		slow.attempt(3, 0, DEFAULT_PATIENCE);
		// Without the two who left, a worker would have been free since 6 s.
		expect(slow.attempt(4, 9000, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 9000,
		});
	});

	it('resets who would wait longer than the queue is', () => {
		const slow = node(6);
		for (let device = 0; device < 8; device++) {
			slow.attempt(device, 0, DEFAULT_PATIENCE);
		}
		expect(slow.attempt(8, 0, DEFAULT_PATIENCE).refusal?.code).to.equal(
			'early-reset',
		);
	});

	it('takes the speed of the moment at which the work begins', () => {
		const slow = new SlowNode({
			workers: 1,
			secondsAt: (nowMs) => (nowMs < 5000 ? 4 : 1),
			queueSeconds: 20,
			giveUpSeconds: 10,
		});
		slow.attempt(0, 0, DEFAULT_PATIENCE);
		slow.attempt(1, 0, DEFAULT_PATIENCE);
		expect(slow.attempt(2, 0, DEFAULT_PATIENCE)).to.deep.equal({
			afterMs: 9000,
		});
	});
});
