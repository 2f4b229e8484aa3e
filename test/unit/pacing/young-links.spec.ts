import { expect } from 'chai';

import { outcome, type Outcome } from '../../../src/outcome.js';
import { driver } from './by-hand.js';

const reset = outcome('link-reset', 'The link was reset.');
const throttled = (seconds: number): Outcome =>
	outcome('http-429', 'Later.', { hint: { retryAfterMs: seconds * 1000 } });

describe('a link that goes before it is stable', () => {
	it('is no reason to doubt the place in the queue that let it in', () => {
		const { tell, pass, attempt } = driver();
		pass(tell({ type: 'start' })!.delayMs);
		const first = attempt(throttled(7))!;
		expect(first.law).to.equal('slot');
		pass(first.delayMs);
		attempt('up');
		pass(2_000);
		pass(tell({ type: 'ended', outcome: reset })!.delayMs);
		const second = attempt(throttled(7))!;
		expect(second.law).to.equal('slot');
		expect(second.delayMs).to.be.within(7_000, 7_200);
	});

	it('keeps to the window that its node told', () => {
		const waits = Array.from({ length: 200 }, (_, i) => {
			const { tell, pass, attempt } = driver(i + 1);
			pass(tell({ type: 'start' })!.delayMs);
			attempt('up');
			tell({ type: 'hint', hint: { reconnectWindowMs: 20_000 } });
			pass(2_000);
			return tell({ type: 'ended', outcome: reset })!;
		});
		expect(waits.every(({ law }) => law === 'window')).to.equal(true);
		const delays = waits.map(({ delayMs }) => delayMs);
		expect(Math.max(...delays)).to.be.within(18_000, 22_000);
		const mean = delays.reduce((sum, ms) => sum + ms, 0) / delays.length;
		expect(mean).to.be.within(9_000, 12_000);
	});

	it('does not make a node that is then out of reach look worse than it is', () => {
		const refused = outcome('connect-refused', 'Nobody listens.');
		const { tell, pass, attempt } = driver();
		pass(tell({ type: 'start' })!.delayMs);
		attempt('up');
		pass(2_000);
		pass(tell({ type: 'ended', outcome: reset })!.delayMs);
		const first = attempt(refused)!.delayMs;
		pass(first);
		const second = attempt(refused)!.delayMs;
		expect(first).to.be.at.most(3_000);
		expect(second).to.be.at.most(12_000);
	});

	it('makes the waits grow when it happens again and again', () => {
		const { tell, pass, attempt } = driver();
		pass(tell({ type: 'start' })!.delayMs);
		const waits: number[] = [];
		for (let i = 0; i < 5; i++) {
			attempt('up');
			pass(2_000);
			const { delayMs } = tell({ type: 'ended', outcome: reset })!;
			waits.push(delayMs);
			pass(delayMs);
		}
		expect(waits[1]).to.be.above(waits[0]!);
		expect(waits[2]).to.be.above(waits[1]!);
		expect(waits[4]).to.be.above(50_000);
	});
});
