import { expect } from 'chai';

import {
	LimitedNode,
	type LimitedNodeOptions,
} from '../../../../src/simulator/engine/limited-node.js';

function node(options: Partial<LimitedNodeOptions>): LimitedNode {
	return new LimitedNode({
		acceptRate: 10,
		rejectCost: 0,
		rejectDebtSeconds: 10,
		refusal: 'reset',
		population: 100,
		...options,
	});
}

let nextDevice = 1000;

/** What so many devices are told that were not there before. */
function retryAfters(limited: LimitedNode, attempts: number, atMs: number) {
	return Array.from(
		{ length: attempts },
		() => limited.attempt(nextDevice++, atMs).refusal?.hint?.retryAfterMs,
	);
}

describe('LimitedNode', () => {
	it('refuses the connection while it is down, and starts full', () => {
		const limited = node({ upAtMs: 5000 });
		expect(limited.attempt(0, 4999).refusal).to.include({
			code: 'connect-refused',
			kind: 'unreachable',
		});
		const answers = retryAfters(limited, 10, 5000);
		expect(answers).to.deep.equal(new Array(10).fill(undefined));
		expect(limited.attempt(10, 5000).refusal?.code).to.equal('early-reset');
	});

	it('resets what it cannot take', () => {
		const limited = node({});
		retryAfters(limited, 10, 0);
		expect(limited.attempt(10, 0).refusal).to.include({
			code: 'early-reset',
			kind: 'overloaded',
		});
	});

	it('says half a minute to all when its Retry-After is constant', () => {
		const limited = node({ refusal: 'constant' });
		retryAfters(limited, 10, 0);
		expect(retryAfters(limited, 3, 0)).to.deep.equal([30_000, 30_000, 30_000]);
		expect(limited.attempt(0, 0).refusal?.kind).to.equal('throttled');
	});

	it('hands out places at its rate, in whole seconds, rounded up', () => {
		const limited = node({ refusal: 'slots' });
		retryAfters(limited, 10, 0);
		const told = retryAfters(limited, 25, 0) as number[];
		expect(told[0]).to.equal(5000);
		expect(told.slice(1, 11)).to.deep.equal(new Array(10).fill(6000));
		expect(told.slice(11, 21)).to.deep.equal(new Array(10).fill(7000));
		expect(told[24]).to.equal(8000);
	});

	it('lets the first turn wait until the probes that it expects are paid for', () => {
		const firstTurnMs = (population: number) => {
			const limited = node({ refusal: 'slots', rejectCost: 0.1, population });
			retryAfters(limited, 10, 0);
			return retryAfters(limited, 1, 0)[0];
		};
		expect(firstTurnMs(100)).to.equal(5000); // 0.1 x 100 / 10 is less than they take to come
		expect(firstTurnMs(1000)).to.equal(10_000);
		expect(firstTurnMs(100_000)).to.equal(15_000); // no more than its bounded debt
	});

	it('lets a device in that comes in its turn, even if the bucket is empty then', () => {
		const limited = node({ refusal: 'slots', rejectCost: 0.1 });
		retryAfters(limited, 10, 0);
		const turnMs = limited.attempt(1, 0).refusal!.hint!.retryAfterMs!;
		retryAfters(limited, 200, turnMs);
		expect(limited.attempt(2, turnMs).refusal).to.not.equal(undefined);
		expect(limited.attempt(1, turnMs).refusal).to.equal(undefined);
	});

	it('keeps the place of a device that comes before its turn', () => {
		const limited = node({ refusal: 'slots', rejectCost: 0.1 });
		retryAfters(limited, 10, 0);
		const turnMs = limited.attempt(1, 0).refusal!.hint!.retryAfterMs!;
		expect(limited.attempt(1, 2).refusal!.hint!.retryAfterMs).to.equal(turnMs);
		expect(limited.attempt(2, 3).refusal!.hint!.retryAfterMs).to.equal(6000);
		expect(limited.attempt(1, turnMs).refusal).to.equal(undefined);
	});

	it('lets in no more than its rate, a second of it at most at once', () => {
		const limited = node({
			refusal: 'slots',
			rejectCost: 0.1,
			population: 200,
		});
		const turns: Array<[atMs: number, device: number]> = [];
		let accepted = 0;
		for (let device = 0; device < 200; device++) {
			const { refusal } = limited.attempt(device, device * 20);
			if (refusal) {
				turns.push([device * 20 + refusal.hint!.retryAfterMs!, device]);
			} else {
				accepted += 1;
			}
		}
		turns.sort((a, b) => a[0] - b[0]);
		for (const [atMs, device] of turns) {
			expect(limited.attempt(device, atMs).refusal).to.equal(undefined);
			accepted += 1;
			expect(accepted).to.be.at.most(10 + Math.ceil(atMs / 100) + 1);
		}
		expect(accepted).to.equal(200);
	});
});
