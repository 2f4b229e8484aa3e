import { expect } from 'chai';

import {
	QueueNode,
	type QueueNodeOptions,
} from '../../../../src/simulator/engine/queue-node.js';

const OPTIONS: QueueNodeOptions = {
	acceptRate: 1,
	backlogSeconds: 100,
	backlogFull: 'reset',
	stage: 'tls',
	abandonedCost: 1,
};
const patience = (answerMs: number, keptMs = 0) => ({
	connectMs: 10_000,
	answerMs,
	keptMs,
});

describe('QueueNode', () => {
	it('serves one after the other', () => {
		const node = new QueueNode(OPTIONS);
		const waits = [0, 1, 2].map(
			(device) => node.attempt(device, 0, patience(60_000)).afterMs,
		);
		expect(waits).to.deep.equal([1000, 2000, 3000]);
		expect(node.attempt(3, 10_000, patience(60_000)).afterMs).to.equal(1000);
	});

	it('is silent to who has no patience, and spends the turn of an entry that was left', () => {
		const node = new QueueNode(OPTIONS);
		node.attempt(0, 0, patience(60_000));
		const left = node.attempt(1, 0, patience(500));
		expect(left.afterMs).to.equal(500);
		expect(left.refusal?.code).to.equal('tls-timeout');
		expect(node.attempt(2, 0, patience(60_000)).afterMs).to.equal(3000);
	});

	it('spends less on it where it costs less', () => {
		const node = new QueueNode({ ...OPTIONS, abandonedCost: 0.25 });
		node.attempt(0, 0, patience(500));
		expect(node.attempt(1, 0, patience(60_000)).afterMs).to.equal(1250);
	});

	it('answers late who keeps its place', () => {
		const node = new QueueNode(OPTIONS);
		node.attempt(0, 0, patience(60_000));
		const kept = node.attempt(1, 0, patience(500, 60_000));
		expect([kept.afterMs, kept.lateMs]).to.deep.equal([500, 2000]);
	});

	it('resets what is beyond its backlog', () => {
		const node = new QueueNode({ ...OPTIONS, backlogSeconds: 2 });
		const codes = [0, 1, 2, 3, 4].map(
			(device) => node.attempt(device, 0, patience(60_000)).refusal?.code,
		);
		expect(codes.slice(2)).to.deep.equal([
			undefined,
			'early-reset',
			'early-reset',
		]);
	});

	it('or drops its SYN, which is sent again until the connect is given up', () => {
		const node = new QueueNode({
			...OPTIONS,
			backlogSeconds: 1,
			backlogFull: 'silent',
		});
		node.attempt(0, 0, patience(60_000));
		node.attempt(1, 0, patience(60_000));
		const knocks: number[] = [];
		let nowMs = 0;
		for (;;) {
			const answer = node.attempt(2, nowMs, {
				...patience(60_000),
				connectMs: 900,
			});
			nowMs += answer.afterMs;
			knocks.push(nowMs);
			if (!answer.again) {
				expect(answer.refusal?.code).to.equal('connect-timeout');
				break;
			}
		}
		expect(knocks).to.deep.equal([900]);
		const first = node.attempt(3, 0, patience(60_000));
		expect([first.again, first.afterMs]).to.deep.equal([true, 1000]);
		expect(node.attempt(3, 1000, patience(60_000)).afterMs).to.equal(2000);
	});
});
