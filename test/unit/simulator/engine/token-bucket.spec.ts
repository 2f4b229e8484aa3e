import { expect } from 'chai';

import { TokenBucket } from '../../../../src/simulator/engine/token-bucket.js';

function accepted(bucket: TokenBucket, attempts: number, atMs: number): number {
	let count = 0;
	for (let i = 0; i < attempts; i++) {
		count += bucket.admit(atMs) ? 1 : 0;
	}
	return count;
}

const node = { acceptRate: 100, rejectCost: 0.1, rejectDebtSeconds: 10 };

describe('TokenBucket', () => {
	it('starts with one second of its rate, and saves up no more than that', () => {
		const bucket = new TokenBucket({ ...node, rejectCost: 0 });
		expect(accepted(bucket, 1000, 0)).to.equal(100);
		expect(accepted(bucket, 1000, 3600_000)).to.equal(100);
	});

	it('accepts its rate when rejections are free', () => {
		const bucket = new TokenBucket({ ...node, rejectCost: 0 });
		let count = 0;
		for (let atMs = 0; atMs < 100_000; atMs += 1) {
			count += accepted(bucket, 1, atMs);
		}
		expect(count).to.be.within(100 * 101 - 2, 100 * 101);
	});

	it('accepts (R - C x)/(1 - C) a second of x that arrive', () => {
		const bucket = new TokenBucket(node);
		let count = 0;
		for (let i = 0; i < 100 * 400; i++) {
			count += accepted(bucket, 1, i * 2.5); // 400 a second for 100 s
		}
		const expected = (100 - 0.1 * 400) / (1 - 0.1);
		expect(count / 100).to.be.within(expected * 0.98, expected * 1.05);
	});

	it('accepts nothing once C x outgrows R', () => {
		const bucket = new TokenBucket(node);
		accepted(bucket, 1000, 0);
		let count = 0;
		for (let i = 1; i < 20_000; i++) {
			count += accepted(bucket, 1, i * 0.9); // 1,111 a second
		}
		expect(count).to.equal(0);
	});

	it('owes no more than its bound: the rest is dropped for nothing', () => {
		const bucket = new TokenBucket(node);
		accepted(bucket, 1_000_000, 0);
		expect(bucket.freeInMs(0)).to.be.within(9_900, 10_020);
		expect(accepted(bucket, 1, 9_000)).to.equal(0);
	});

	it('owes for every rejection when there is no bound', () => {
		const bucket = new TokenBucket({ ...node, rejectDebtSeconds: Infinity });
		accepted(bucket, 100 + 100_000, 0);
		expect(bucket.freeInMs(0)).to.be.closeTo(100_000 + 10, 1);
	});

	it('holds one attempt even at a rate below one a second', () => {
		const bucket = new TokenBucket({ ...node, acceptRate: 0.1 });
		expect(accepted(bucket, 3, 0)).to.equal(1);
		expect(bucket.freeInMs(0)).to.be.closeTo(12_000, 1);
	});

	it('accepts all at an infinite rate', () => {
		const bucket = new TokenBucket({ ...node, acceptRate: Infinity });
		expect(accepted(bucket, 5000, 0)).to.equal(5000);
		expect(bucket.freeInMs(0)).to.equal(0);
	});
});
