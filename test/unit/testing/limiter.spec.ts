import { expect } from 'chai';

import {
	AcceptLimiter,
	type Admission,
} from '../../../src/testing/mock/limiter.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

const retryAfter = (admission: Admission) =>
	admission.admitted ? undefined : admission.retryAfterMs;

describe('AcceptLimiter', () => {
	let clock: VirtualClock;

	beforeEach(() => {
		clock = new VirtualClock();
	});

	const limiter = (
		acceptRatePerSecond: number,
		burst: number,
		{ slots = false } = {},
	) => new AcceptLimiter({ acceptRatePerSecond, burst, slots, clock });

	const admitted = (node: AcceptLimiter, attempts: number) => {
		let count = 0;
		for (let i = 0; i < attempts; i++) {
			count += node.admit().admitted ? 1 : 0;
		}
		return count;
	};

	it('lets a burst in, then as many a second as its rate says', () => {
		const node = limiter(100, 10);
		expect(admitted(node, 50)).to.equal(10);
		clock.advance(50);
		expect(admitted(node, 50)).to.equal(5);
		clock.advance(5);
		expect(admitted(node, 50)).to.equal(0);
		clock.advance(5);
		expect(admitted(node, 50)).to.equal(1);
	});

	it('saves up no more than the burst', () => {
		const node = limiter(100, 10);
		clock.advance(3_600_000);
		expect(admitted(node, 50)).to.equal(10);
	});

	it('lets everybody in when the rate is Infinity, and nobody when both are 0', () => {
		expect(admitted(limiter(Infinity, 0), 1000)).to.equal(1000);
		const closed = limiter(0, 0, { slots: true });
		clock.advance(1000);
		expect(closed.admit('a')).to.deep.equal({ admitted: false });
	});

	it('says no time when it hands out no slots', () => {
		const node = limiter(1, 1);
		node.admit('a');
		expect(retryAfter(node.admit('b'))).to.equal(undefined);
	});

	describe('with slots', () => {
		it('hands out places at its rate', () => {
			const node = limiter(10, 2, { slots: true });
			expect(node.admit('a').admitted).to.equal(true);
			expect(node.admit('b').admitted).to.equal(true);
			expect(retryAfter(node.admit('c'))).to.be.closeTo(100, 1e-6);
			expect(retryAfter(node.admit('d'))).to.be.closeTo(200, 1e-6);
			expect(retryAfter(node.admit('e'))).to.be.closeTo(300, 1e-6);
		});

		it('keeps the place of a device that comes back too early', () => {
			const node = limiter(10, 1, { slots: true });
			node.admit('a');
			node.admit('b');
			expect(retryAfter(node.admit('c'))).to.be.closeTo(200, 1e-6);
			clock.advance(50);
			expect(retryAfter(node.admit('c'))).to.be.closeTo(150, 1e-6);
			expect(retryAfter(node.admit('d'))).to.be.closeTo(250, 1e-6);
		});

		it('lets a device in at its place, however many newcomers crowd in', () => {
			const node = limiter(10, 1, { slots: true });
			node.admit('first');
			expect(retryAfter(node.admit('a'))).to.be.closeTo(100, 1e-6);
			for (let i = 0; i < 100; i++) {
				clock.advance(1);
				expect(node.admit(`newcomer ${i}`).admitted).to.equal(false);
			}
			clock.advance(0.001);
			expect(node.admit('a').admitted).to.equal(true);
		});

		it('uses a place once', () => {
			const node = limiter(10, 1, { slots: true });
			node.admit('first');
			node.admit('a');
			node.admit('b');
			clock.advance(150);
			expect(node.admit('a').admitted).to.equal(true);
			expect(node.admit('a').admitted).to.equal(false);
		});

		it('gives up the place of a device that stays away for ten minutes', () => {
			const node = limiter(10, 1, { slots: true });
			node.admit('first');
			node.admit('a');
			clock.advance(100 + 600_000 + 1);
			node.admit('taker');
			expect(node.admit('a').admitted).to.equal(false);
		});

		it('lets a herd that keeps to its places in at the rate, each with two attempts', () => {
			const devices = 2000;
			const rate = 100;
			const burst = 10;
			const seed = 'herd';
			const random = seededRandom(seed);
			const node = limiter(rate, burst, { slots: true });
			let attempts = 0;
			const ins: number[] = [];
			const attempt = (uuid: string) => {
				attempts++;
				const admission = node.admit(uuid);
				if (admission.admitted) {
					ins.push(clock.monotonicMs());
					return;
				}
				// As HTTP carries it: whole seconds, rounded up.
				const seconds = Math.ceil(admission.retryAfterMs! / 1000);
				clock.setTimer((seconds + random()) * 1000, () => {
					attempt(uuid);
				});
			};
			for (let i = 0; i < devices; i++) {
				clock.setTimer(random() * 5000, () => {
					attempt(`device ${i}`);
				});
			}
			clock.advance(60_000);
			expect(ins).to.have.length(devices, `seed ${seed}`);
			expect(attempts).to.be.at.most(2 * devices);
			expect(ins.at(-1)!).to.be.within(
				((devices - burst) / rate) * 1000,
				((devices - burst) / rate) * 1000 + 3000,
			);
			for (let fromMs = 5000; fromMs < 20_000; fromMs += 1000) {
				const inWindow = ins.filter(
					(at) => at >= fromMs && at < fromMs + 1000,
				).length;
				expect(inWindow, `from ${fromMs} ms, seed ${seed}`).to.be.at.most(
					1.6 * rate,
				);
			}
		});
	});
});
