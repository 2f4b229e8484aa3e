import { expect } from 'chai';

import { MAX_DATAGRAM_BYTES } from '../../../src/transports/udp/wire/limits.js';
import { Pacer } from '../../../src/transports/udp/connection/pacer.js';

/** How many datagrams leave in so long, when each waits until the pacer is ready. */
function sendFor(
	ms: number,
	windowPackets: number,
	roundTripMs: number,
	stepMs = 1,
) {
	const pacer = new Pacer();
	const bursts: number[] = [];
	for (let nowMs = 0; nowMs < ms; nowMs += stepMs) {
		pacer.advance(
			nowMs,
			{ windowBytes: windowPackets * MAX_DATAGRAM_BYTES, isInSlowStart: false },
			roundTripMs,
		);
		let burst = 0;
		while (pacer.ready) {
			pacer.spend(MAX_DATAGRAM_BYTES);
			burst++;
		}
		bursts.push(burst);
	}
	return { sent: bursts.reduce((sum, burst) => sum + burst, 0), bursts };
}

describe('packet pacing', () => {
	it('lets a window go in four fifths of a round trip', () => {
		const { sent } = sendFor(1000, 100, 50);
		expect(sent).to.be.closeTo((1000 / 50) * 100 * 1.25, 30);
	});

	it('lets ten go at once at the start, and never more than 64', () => {
		expect(sendFor(1, 100, 50).bursts[0]).to.equal(10);
		const { bursts } = sendFor(1000, 4000, 5, 100);
		expect(Math.max(...bursts)).to.be.within(10, 64);
	});

	it('asks to be called when a quantum of eight is ready', () => {
		const pacer = new Pacer();
		pacer.advance(
			0,
			{ windowBytes: 100 * MAX_DATAGRAM_BYTES, isInSlowStart: false },
			50,
		);
		while (pacer.ready) {
			pacer.spend(MAX_DATAGRAM_BYTES);
		}
		const perMs = (1.25 * 100) / 50;
		expect(pacer.readyAtMs).to.be.closeTo(8 / perMs, 1 / perMs);
	});

	it('sends twice as fast in slow start, so that the window can double', () => {
		const pacer = new Pacer();
		pacer.advance(
			0,
			{ windowBytes: 100 * MAX_DATAGRAM_BYTES, isInSlowStart: true },
			50,
		);
		pacer.spend(10 * MAX_DATAGRAM_BYTES);
		expect(pacer.readyAtMs).to.be.closeTo(8 / 4, 0.01);
	});
});
