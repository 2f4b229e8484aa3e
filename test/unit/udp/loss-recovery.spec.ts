import { expect } from 'chai';

import { LossRecovery } from '../../../src/transports/udp/connection/loss-recovery.js';
import { RttEstimator } from '../../../src/transports/udp/connection/rtt.js';
import { MAX_ACK_DELAY_MS } from '../../../src/transports/udp/wire/limits.js';

const packet = (packetNumber: number, sentMs: number) => ({
	packetNumber,
	sentMs,
	bytes: 1000,
	segments: [],
	control: [],
});

/** Packets 0 to `count` - 1, a millisecond apart. */
function sent(count: number): LossRecovery {
	const recovery = new LossRecovery();
	for (let i = 0; i < count; i++) {
		recovery.onSent(packet(i, i));
	}
	return recovery;
}

const numbers = (packets: ReadonlyArray<{ packetNumber: number }>) =>
	packets.map(({ packetNumber }) => packetNumber);

describe('loss recovery (RFC 9002)', () => {
	it('probes after three round trips at first, and sooner where the first shows seconds of queue', () => {
		for (const [roundTripMs, ptoMs] of [
			[100, 300],
			[500, 1500],
			[3000, 4500],
		] as const) {
			const rtt = new RttEstimator();
			rtt.sample(roundTripMs, 0);
			expect(rtt.ptoMs).to.equal(ptoMs + MAX_ACK_DELAY_MS);
		}
	});

	it('takes a packet for lost when one sent three later has arrived', () => {
		const recovery = sent(10);
		const result = recovery.onAck([{ low: 3, high: 3 }], 0, 20);
		expect(numbers(result.acknowledged)).to.deep.equal([3]);
		expect(numbers(result.lost)).to.deep.equal([0]);
		expect(recovery.bytesInFlight).to.equal(8000);
	});

	it('takes no packet for lost that was merely overtaken by its neighbour', () => {
		const recovery = sent(2);
		expect(recovery.onAck([{ low: 1, high: 1 }], 0, 50).lost).to.deep.equal([]);
		expect(
			numbers(recovery.onAck([{ low: 0, high: 1 }], 0, 50.1).acknowledged),
		).to.deep.equal([0]);
	});

	it('takes an overtaken packet for lost after 9/8 of a round trip', () => {
		const recovery = sent(2);
		recovery.onAck([{ low: 1, high: 1 }], 0, 81);
		expect(recovery.deadlineMs).to.equal(90);
		expect(recovery.expire(90)).to.deep.include({ probe: false });
		expect(recovery.inFlight).to.equal(0);
	});

	it('tells what has arrived late, and waits longer from then on instead of counting packets', () => {
		const recovery = sent(10);
		recovery.onAck([{ low: 3, high: 3 }], 0, 13);
		const { arrivedLate } = recovery.onAck(
			[
				{ low: 3, high: 3 },
				{ low: 0, high: 0 },
			],
			0,
			25,
		);
		expect(numbers(arrivedLate)).to.deep.equal([0]);
		expect(recovery.onAck([{ low: 8, high: 9 }], 0, 26).lost).to.deep.equal([]);
		// A round trip of some 11 ms, and 15 ms late: that is how long it takes now.
		expect(recovery.deadlineMs).to.be.within(25, 40);
	});

	it('probes after the smoothed round trip, four variations and the ACK delay, and doubles the wait', () => {
		const recovery = sent(1);
		recovery.onAck([{ low: 0, high: 0 }], 0, 100);
		recovery.onSent(packet(1, 200));
		const timeoutMs = 100 + 4 * 50 + MAX_ACK_DELAY_MS;
		expect(recovery.deadlineMs).to.equal(200 + timeoutMs);
		expect(recovery.expire(recovery.deadlineMs).probe).to.equal(true);
		expect(recovery.deadlineMs).to.equal(200 + 3 * timeoutMs);
		recovery.onAck([{ low: 0, high: 1 }], 0, 600);
		expect(recovery.ptoCount).to.equal(0);
		expect(recovery.deadlineMs).to.equal(Infinity);
	});

	it('subtracts the ACK delay that the other end tells, but not below the least round trip', () => {
		const recovery = sent(3);
		recovery.onAck([{ low: 0, high: 0 }], 0, 40);
		recovery.onAck([{ low: 0, high: 1 }], 10, 51);
		expect(recovery.rtt.smoothedMs).to.equal(40);
		recovery.onAck([{ low: 0, high: 2 }], 20, 44);
		expect(recovery.rtt.minMs).to.equal(40);
		expect(recovery.rtt.adjustedMs).to.equal(42);
	});

	it('measures only packets that an ACK tells for the first time as its largest', () => {
		const recovery = sent(3);
		recovery.onAck([{ low: 2, high: 2 }], 0, 42);
		recovery.onAck([{ low: 1, high: 2 }], 0, 400);
		expect(recovery.rtt.latestMs).to.equal(40);
	});

	it('sees persistent congestion in an unbroken run of losses that outlasts three probe timeouts', () => {
		const recovery = sent(1);
		recovery.onAck([{ low: 0, high: 0 }], 0, 10);
		const longMs = 3 * recovery.rtt.ptoMs;
		expect(
			recovery.isPersistent([packet(1, 0), packet(2, longMs + 1)]),
		).to.equal(true);
		expect(
			recovery.isPersistent([packet(1, 0), packet(2, longMs - 1)]),
		).to.equal(false);
		expect(
			recovery.isPersistent([packet(1, 0), packet(3, longMs + 1)]),
		).to.equal(false);
	});

	it('gives up all that is in flight when told so', () => {
		const recovery = sent(4);
		expect(numbers(recovery.loseAll())).to.deep.equal([0, 1, 2, 3]);
		expect(recovery.bytesInFlight).to.equal(0);
		expect(recovery.deadlineMs).to.equal(Infinity);
	});
});
