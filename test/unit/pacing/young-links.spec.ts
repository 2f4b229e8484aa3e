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

	for (const [how, deadlineMs] of [
		['at once', 0],
		['with a deadline', 30_000],
		['without one', undefined],
	] as const) {
		for (const upMs of [undefined, 0, 2000]) {
			it(`is no success when its node sends it away ${how}, ${upMs === undefined ? 'before it is up' : `${upMs} ms after it came up`}`, () => {
				for (let seed = 1; seed <= 20; seed++) {
					expect(sentAway(seed, deadlineMs, upMs)).to.deep.include({
						perHour: true,
						perMinute: true,
						apart: true,
					});
				}
			});
		}
	}
});

/** A node that takes each link and sends it away, for ever: whether that costs no more than it may. */
function sentAway(
	seed: number,
	drainDeadlineMs: number | undefined,
	upMs: number | undefined,
) {
	const { tell, pass } = driver(seed);
	const hint = drainDeadlineMs === undefined ? {} : { drainDeadlineMs };
	const away = outcome('drain-notice', 'Go.', { hint });
	const attempts: number[] = [];
	let nowMs = tell({ type: 'start' })!.delayMs;
	pass(nowMs);
	while (nowMs < 4 * 3600_000) {
		attempts.push(nowMs);
		tell({ type: 'attempt' });
		if (upMs !== undefined) {
			tell({ type: 'up' });
			pass(upMs);
			nowMs += upMs;
		}
		const { delayMs } = tell({ type: 'ended', outcome: away })!;
		pass(delayMs);
		nowMs += delayMs;
	}
	const most = (spanMs: number) =>
		Math.max(
			...attempts.map(
				(from) =>
					attempts.filter((at) => at >= from && at < from + spanMs).length,
			),
		);
	return {
		perHour: most(3600_000) <= 80,
		perMinute: most(60_000) <= 6,
		apart: most(1000) === 1,
	};
}
