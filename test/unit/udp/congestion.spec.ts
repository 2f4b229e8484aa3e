import { expect } from 'chai';

import { seededRandom } from '../../../src/testing/seeded-random.js';
import {
	Cubic,
	INITIAL_WINDOW,
	MAXIMUM_WINDOW,
	MINIMUM_WINDOW,
} from '../../../src/transports/udp/connection/cubic.js';
import { MAX_DATAGRAM_BYTES } from '../../../src/transports/udp/wire/limits.js';
import { freshSeed } from '../../support/udp-pair.js';

/** Acknowledges whole windows, one a round trip. */
class Flow {
	readonly congestion = new Cubic();
	nowMs = 0;
	private next = 0;

	constructor(private readonly roundTripMs: number) {}

	round({ limited = true, roundTripMs = this.roundTripMs } = {}): number {
		const packets = Math.floor(
			this.congestion.windowBytes / MAX_DATAGRAM_BYTES,
		);
		const first = this.next;
		const sentMs = this.nowMs + 0.001;
		this.next += packets;
		this.nowMs += this.roundTripMs;
		for (let i = 0; i < packets; i++) {
			this.congestion.onAcknowledged(
				{ packetNumber: first + i, bytes: MAX_DATAGRAM_BYTES, sentMs },
				{
					nowMs: this.nowMs,
					nextNumber: this.next,
					isLimited: limited,
					rtt: { adjustedMs: roundTripMs, smoothedMs: roundTripMs },
				},
			);
		}
		return this.congestion.windowBytes / MAX_DATAGRAM_BYTES;
	}

	lose(): void {
		this.congestion.onLost(this.nowMs, this.nowMs);
	}
}

describe('congestion control (CUBIC, RFC 9438)', () => {
	it('doubles each round trip until the first loss', () => {
		const flow = new Flow(50);
		expect([flow.round(), flow.round(), flow.round()]).to.deep.equal([
			20, 40, 80,
		]);
	});

	it('leaves slow start when the round trip grows, before anything is lost', () => {
		const flow = new Flow(50);
		flow.round();
		flow.round();
		const before = flow.congestion.windowBytes / MAX_DATAGRAM_BYTES;
		expect(flow.round({ roundTripMs: 60 })).to.be.within(before, before + 16);
		expect(flow.congestion.isInSlowStart).to.equal(false);
	});

	it('keeps 0.7 of its window at a loss, once for each round trip', () => {
		const flow = new Flow(50);
		flow.round();
		flow.round();
		flow.lose();
		expect(flow.congestion.windowBytes / MAX_DATAGRAM_BYTES).to.be.closeTo(
			28,
			0.001,
		);
		flow.congestion.onLost(flow.nowMs - 1, flow.nowMs + 5);
		expect(flow.congestion.windowBytes / MAX_DATAGRAM_BYTES).to.be.closeTo(
			28,
			0.001,
		);
	});

	it('takes its window back when no packet of a congestion event was lost after all', () => {
		const flow = new Flow(50);
		flow.round();
		flow.round();
		const before = flow.congestion.windowBytes;
		flow.congestion.onLost(flow.nowMs, flow.nowMs, 2);
		flow.congestion.onLost(flow.nowMs - 1, flow.nowMs + 5);
		flow.congestion.onArrivedLate(flow.nowMs);
		flow.congestion.onArrivedLate(flow.nowMs);
		expect(flow.congestion.windowBytes).to.be.below(before);
		flow.congestion.onArrivedLate(flow.nowMs - 1);
		expect(flow.congestion.windowBytes).to.equal(before);
		expect(flow.congestion.isInSlowStart).to.equal(true);
	});

	it('returns to the window before the loss about when the cubic says, and is slow around it', () => {
		const flow = new Flow(100);
		for (let i = 0; i < 5; i++) {
			flow.round();
		}
		const before = flow.congestion.windowBytes / MAX_DATAGRAM_BYTES;
		flow.lose();
		const plateauMs = 1000 * Math.cbrt((0.3 * before) / 0.4);
		const startMs = flow.nowMs;
		while (flow.nowMs - startMs < plateauMs) {
			flow.round();
		}
		expect(flow.congestion.windowBytes / MAX_DATAGRAM_BYTES).to.be.closeTo(
			before,
			0.03 * before,
		);
	});

	it('grows at least as fast as Reno would on a short path', () => {
		const flow = new Flow(10);
		flow.round();
		flow.lose();
		const from = flow.congestion.windowBytes / MAX_DATAGRAM_BYTES;
		for (let i = 0; i < 20; i++) {
			flow.round();
		}
		expect(flow.congestion.windowBytes / MAX_DATAGRAM_BYTES).to.be.at.least(
			from + 20 * 0.5,
		);
	});

	it('does not grow while something else holds the sender back', () => {
		const flow = new Flow(50);
		expect(flow.round({ limited: false })).to.equal(10);
		flow.lose();
		const window = flow.congestion.windowBytes;
		for (let i = 0; i < 50; i++) {
			flow.round({ limited: false });
		}
		expect(flow.congestion.windowBytes).to.equal(window);
	});

	it('starts from the least window after persistent congestion', () => {
		const flow = new Flow(50);
		flow.round();
		flow.lose();
		flow.congestion.onPersistentCongestion();
		expect(flow.congestion.windowBytes).to.equal(
			MINIMUM_WINDOW * MAX_DATAGRAM_BYTES,
		);
		expect(flow.congestion.isInSlowStart).to.equal(true);
	});

	it('stays between its least and its largest window, whatever happens', () => {
		const seed = freshSeed();
		const random = seededRandom(seed);
		const flow = new Flow(20);
		expect(flow.congestion.windowBytes).to.equal(
			INITIAL_WINDOW * MAX_DATAGRAM_BYTES,
		);
		for (let i = 0; i < 3000; i++) {
			const chance = random();
			if (chance < 0.01) {
				flow.lose();
			} else if (chance < 0.011) {
				flow.congestion.onPersistentCongestion();
			} else {
				flow.nowMs += random() < 0.01 ? 60_000 * random() : 0;
				flow.round({
					limited: random() < 0.9,
					roundTripMs: 20 + 10 * random(),
				});
			}
			expect(flow.congestion.windowBytes, `SEED=${seed}`).to.be.within(
				MINIMUM_WINDOW * MAX_DATAGRAM_BYTES,
				MAXIMUM_WINDOW * MAX_DATAGRAM_BYTES,
			);
		}
	});
});
