import { expect } from 'chai';

import { wait } from '../../../src/runtime/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

describe('VirtualClock', () => {
	let clock: VirtualClock;
	let fired: string[];

	beforeEach(() => {
		clock = new VirtualClock({ wallMs: 1_000_000 });
		fired = [];
	});

	const note = (name: string) => () =>
		fired.push(`${name}@${clock.monotonicMs()}`);

	it('fires timers in order of due time, each at its own time', () => {
		clock.setTimer(30, note('c'));
		clock.setTimer(10, note('a'));
		clock.setTimer(20, note('b'));
		clock.advance(25);
		expect(fired).to.deep.equal(['a@10', 'b@20']);
		expect(clock.monotonicMs()).to.equal(25);
		expect(clock.pending).to.equal(1);
		expect(clock.nextDueMs).to.equal(30);
	});

	it('fires timers of the same moment in the order in which they were set', () => {
		for (const name of ['a', 'b', 'c', 'd', 'e']) {
			clock.setTimer(10, note(name));
		}
		clock.advance(10);
		expect(fired.join()).to.equal('a@10,b@10,c@10,d@10,e@10');
	});

	it('never fires from within setTimer, not even for a delay of 0', () => {
		clock.setTimer(0, note('a'));
		expect(fired).to.deep.equal([]);
		clock.advance(0);
		expect(fired).to.deep.equal(['a@0']);
	});

	it('fires within one advance what a callback has set', () => {
		clock.setTimer(10, () => clock.setTimer(10, note('inner')));
		clock.advance(100);
		expect(fired).to.deep.equal(['inner@20']);
		expect(clock.monotonicMs()).to.equal(100);
	});

	it('does not fire what was cancelled, and does not count it as pending', () => {
		const timer = clock.setTimer(10, note('a'));
		clock.setTimer(20, note('b'));
		timer.cancel();
		timer.cancel();
		expect(clock.pending).to.equal(1);
		expect(clock.nextDueMs).to.equal(20);
		clock.advance(100);
		expect(fired).to.deep.equal(['b@20']);
		timer.cancel();
		expect(clock.pending).to.equal(0);
	});

	it('keeps the order when most of many timers are cancelled', () => {
		const random = seededRandom('heap');
		const expected: number[] = [];
		const seen: number[] = [];
		for (let i = 0; i < 2000; i++) {
			const delay = Math.floor(random() * 500);
			const timer = clock.setTimer(delay, () => seen.push(clock.monotonicMs()));
			if (random() < 0.8) {
				timer.cancel();
			} else {
				expected.push(delay);
			}
		}
		expect(clock.pending).to.equal(expected.length);
		clock.advance(500);
		expect(seen).to.deep.equal(expected.sort((a, b) => a - b));
	});

	it('shows a wall clock that runs along and can be set without moving a timer', () => {
		clock.setTimer(10, note('a'));
		clock.advance(5);
		expect(clock.wallMs()).to.equal(1_000_005);
		clock.setWallMs(500);
		expect(clock.wallMs()).to.equal(500);
		clock.advance(5);
		expect(clock.wallMs()).to.equal(505);
		expect(fired).to.deep.equal(['a@10']);
	});

	it('lets promises settle between timers when it advances asynchronously', async () => {
		const loop = (async () => {
			for (let i = 0; i < 3; i++) {
				await wait(clock, 10);
				note(`turn ${i}`)();
			}
		})();
		await clock.advanceAsync(100);
		expect(fired).to.deep.equal(['turn 0@10', 'turn 1@20', 'turn 2@30']);
		expect(clock.monotonicMs()).to.equal(100);
		await loop;
	});

	it('jumps from timer to timer when asked for the next one', () => {
		clock.setTimer(3_600_000, note('a'));
		expect(clock.fireNext()).to.equal(true);
		expect(fired).to.deep.equal(['a@3600000']);
		expect(clock.fireNext()).to.equal(false);
	});
});
