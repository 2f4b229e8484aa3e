import { expect } from 'chai';

import { LoginGate, type Admission } from '../../../src/operator/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

/** A device's place, in milliseconds from now; undefined where it is admitted or has none. */
const placeOf = (admission: Admission) =>
	admission.admitted || !admission.hasPlace
		? undefined
		: admission.retryAfterSeconds * 1000;

describe('LoginGate', () => {
	let clock: VirtualClock;

	beforeEach(() => {
		clock = new VirtualClock();
	});

	const gate = (perSecond: number, burst?: number, longestSeconds?: number) =>
		new LoginGate({ perSecond, burst, longestSeconds, clock });

	/** How many of so many are let in that do not say who they are. */
	const admitted = (node: LoginGate, attempts: number) => {
		let count = 0;
		for (let i = 0; i < attempts; i++) {
			count += node.admit().admitted ? 1 : 0;
		}
		return count;
	};

	it('lets a burst in, then as many a second as its rate says', () => {
		const node = gate(100, 10);
		expect(admitted(node, 50)).to.equal(10);
		clock.advance(50);
		expect(admitted(node, 50)).to.equal(5);
		clock.advance(5);
		expect(admitted(node, 50)).to.equal(0);
		clock.advance(5);
		expect(admitted(node, 50)).to.equal(1);
	});

	it('saves up no more than the burst', () => {
		const node = gate(100, 10);
		clock.advance(3_600_000);
		expect(admitted(node, 50)).to.equal(10);
	});

	it('lets everybody in when the rate is Infinity, and nobody when both are 0', () => {
		expect(admitted(gate(Infinity, 0), 1000)).to.equal(1000);
		const closed = gate(0, 0);
		clock.advance(1000);
		expect(closed.admit('a')).to.include({ admitted: false, hasPlace: false });
	});

	it('gives no place to who does not say who he is', () => {
		const node = gate(1, 1);
		node.admit('a');
		expect(placeOf(node.admit())).to.equal(undefined);
		expect(placeOf(node.admit('b'))).to.be.closeTo(1000, 1e-6);
	});

	it('names the option that is wrong', () => {
		expect(() => gate(-1)).to.throw(
			'LoginGate: `perSecond` must not be negative',
		);
		expect(() => gate(NaN)).to.throw('`perSecond` must be a number');
		expect(() => gate(1, 1, Infinity)).to.throw(
			'`longestSeconds` must be finite',
		);
		expect(() => new LoginGate({ perSecod: 1 } as never)).to.throw(
			'did you mean `perSecond`?',
		);
	});

	describe('and its places', () => {
		it('hands out places at its rate', () => {
			const node = gate(10, 2);
			expect(node.admit('a').admitted).to.equal(true);
			expect(node.admit('b').admitted).to.equal(true);
			expect(placeOf(node.admit('c'))).to.be.closeTo(100, 1e-6);
			expect(placeOf(node.admit('d'))).to.be.closeTo(200, 1e-6);
			expect(placeOf(node.admit('e'))).to.be.closeTo(300, 1e-6);
		});

		it('keeps the place of a device that comes back too early', () => {
			const node = gate(10, 1);
			node.admit('a');
			node.admit('b');
			expect(placeOf(node.admit('c'))).to.be.closeTo(200, 1e-6);
			clock.advance(50);
			expect(placeOf(node.admit('c'))).to.be.closeTo(150, 1e-6);
			expect(placeOf(node.admit('d'))).to.be.closeTo(250, 1e-6);
		});

		it('lets a device in at its place, however many newcomers crowd in', () => {
			const node = gate(10, 1);
			node.admit('first');
			expect(placeOf(node.admit('a'))).to.be.closeTo(100, 1e-6);
			for (let i = 0; i < 100; i++) {
				clock.advance(1);
				expect(node.admit(`newcomer ${i}`).admitted).to.equal(false);
			}
			clock.advance(0.001);
			expect(node.admit('a').admitted).to.equal(true);
		});

		it('uses a place once', () => {
			const node = gate(10, 1);
			node.admit('first');
			node.admit('a');
			node.admit('b');
			clock.advance(150);
			expect(node.admit('a').admitted).to.equal(true);
			expect(node.admit('a').admitted).to.equal(false);
		});

		it('gives up the place of a device that stays away for ten minutes', () => {
			const node = gate(10, 1);
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
			const node = gate(rate, burst);
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
				const seconds = Math.ceil(admission.retryAfterSeconds);
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

		it('hands out no place beyond the longest, and spreads who comes beyond over its later half', () => {
			const node = gate(10, 1, 60);
			node.admit('first');
			const places: number[] = [];
			const others: number[] = [];
			for (let i = 0; i < 2000; i++) {
				const admission = node.admit(`device ${i}`);
				if (!admission.admitted) {
					(admission.hasPlace ? places : others).push(
						admission.retryAfterSeconds,
					);
				}
			}
			expect(places).to.have.length(600);
			expect(places.at(-1)).to.be.closeTo(60, 1e-6);
			expect(node.places).to.equal(600);
			expect(others).to.have.length(1400);
			for (let from = 30; from < 60; from += 3) {
				const share = others.filter((at) => at >= from && at < from + 3).length;
				expect(share, `from ${from} s`).to.be.within(135, 145);
			}
		});

		it('keeps a bounded number of places, and gives up none that is not due', () => {
			const node = gate(10_000, 1, 600);
			node.admit('first');
			for (let i = 0; i < 150_000; i++) {
				node.admit(`device ${i}`);
			}
			expect(node.places).to.equal(100_000);
			clock.advance(5000);
			// 50,000 are due and have not come: they make room for newcomers.
			expect(placeOf(node.admit('newcomer'))).to.be.within(4990, 5010);
			expect(node.places).to.equal(100_000);
			expect(placeOf(node.admit('device 99999'))).to.be.within(4990, 5010);
			expect(node.admit('device 49999').admitted).to.equal(true);
		});

		it('gives no place to a name longer than any device has', () => {
			const node = gate(1, 1);
			node.admit('first');
			expect(placeOf(node.admit('x'.repeat(257)))).to.equal(undefined);
			expect(node.places).to.equal(0);
		});

		it('lets an honest device in at once behind 5,000 forged names, when it is asked after the key was checked', () => {
			const node = gate(10, 1);
			const login = (id: string, key: string) =>
				key === 'right' ? node.admit(id) : undefined;
			for (let i = 0; i < 5000; i++) {
				login(`forged ${i}`, 'wrong');
			}
			expect(login('honest', 'right')!.admitted).to.equal(true);
			// Asked before, it is pushed back by minutes: what this test is about.
			for (let i = 0; i < 5000; i++) {
				node.admit(`forged ${i}`);
			}
			expect(placeOf(node.admit('honest'))).to.be.closeTo(500_100, 1e-3);
		});

		it('is pushed back by the longest place at most, even by names whose keys are right', () => {
			const node = gate(10, 1, 30);
			for (let i = 0; i < 5000; i++) {
				node.admit(`forged ${i}`);
			}
			const admission = node.admit('honest');
			expect(admission.admitted).to.equal(false);
			expect(
				admission.admitted ? NaN : admission.retryAfterSeconds,
			).to.be.within(15, 30);
			clock.advance(30_000);
			expect(placeOf(node.admit('honest')) ?? 0).to.be.at.most(30_000);
		});
	});
});
