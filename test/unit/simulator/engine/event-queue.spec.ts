import { expect } from 'chai';

import { EventQueue } from '../../../../src/simulator/engine/event-queue.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';

function drain(queue: EventQueue): Array<[number, number]> {
	const taken: Array<[number, number]> = [];
	while (queue.size > 0) {
		const atMs = queue.nextMs;
		taken.push([atMs, queue.pop()]);
	}
	return taken;
}

describe('EventQueue', () => {
	it('says Infinity when there is nothing to come', () => {
		const queue = new EventQueue();
		expect(queue.nextMs).to.equal(Infinity);
		queue.push(5, 0);
		queue.pop();
		expect(queue.nextMs).to.equal(Infinity);
	});

	it('gives the lower device first when two fall on the same instant', () => {
		const queue = new EventQueue();
		for (const device of [7, 3, 9, 0, 4]) {
			queue.push(10, device);
		}
		expect(drain(queue).map(([, device]) => device)).to.deep.equal([
			0, 3, 4, 7, 9,
		]);
	});

	it('gives what was put in, in the order of time, however it was put in', () => {
		const seed = process.env.SEED ?? '1';
		const random = seededRandom(seed);
		const queue = new EventQueue(2);
		const expected: Array<[number, number]> = [];
		let latest = 0;
		for (let device = 0; device < 5000; device++) {
			const atMs = latest + Math.floor(random() * 400);
			queue.push(atMs, device);
			expected.push([atMs, device]);
			if (random() < 0.3) {
				expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
				latest = queue.nextMs;
				expect([latest, queue.pop()], `replay with SEED=${seed}`).to.deep.equal(
					expected.shift(),
				);
			}
		}
		expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
		expect(drain(queue), `replay with SEED=${seed}`).to.deep.equal(expected);
	});
});
