import { setImmediate as turn } from 'node:timers/promises';

import { expect } from 'chai';

import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { SilentNode } from '../../../src/transports/openvpn/silent-node.js';
import {
	reportSeconds,
	SilenceWatch,
} from '../../../src/transports/openvpn/silence.js';

function make(livenessMs = 60_000) {
	const clock = new VirtualClock();
	const silentAtMs: number[] = [];
	const watch = new SilenceWatch(clock, livenessMs, () => {
		silentAtMs.push(clock.monotonicMs());
	});
	return { clock, watch, silentAtMs };
}

describe('SilentNode', () => {
	it('gives each next link twice as long while nothing comes, up to a bound, and says what is missing', () => {
		const node = new SilentNode();
		const bounds = [node.livenessMs(60_000)];
		for (let i = 0; i < 5; i++) {
			expect(node.countSilence('a:443', 60_000)).to.match(
				/a:443.*keepalive 10 60/,
			);
			bounds.push(node.livenessMs(60_000));
		}
		expect(bounds.map((ms) => ms / 1000)).to.deep.equal([
			60, 120, 240, 480, 480, 480,
		]);
		node.forgive();
		expect(node.livenessMs(60_000)).to.equal(60_000);
	});
});

describe('SilenceWatch', () => {
	it('asks for reports often enough, and not all the time', () => {
		expect([1500, 12_000, 60_000, 600_000].map(reportSeconds)).to.deep.equal([
			1, 1, 5, 5,
		]);
	});

	it('tells once when nothing came for the bound, less the report by which the last may have been late', () => {
		const { clock, watch, silentAtMs } = make();
		watch.report(0);
		clock.advance(54_999);
		expect(silentAtMs).to.deep.equal([]);
		clock.advance(600_000);
		expect(silentAtMs).to.deep.equal([55_000]);
	});

	it('counts from the connect, however late openvpn tells of its handshake', () => {
		const { clock, watch, silentAtMs } = make();
		clock.advance(10_000);
		watch.report(4000);
		clock.advance(600_000);
		expect(silentAtMs).to.deep.equal([55_000]);
	});

	it('tells whether anything came after the handshake', () => {
		for (const [reports, heard] of [
			[[4000, 4000], false],
			[[4000, 4100], true],
		] as const) {
			const clock = new VirtualClock();
			const told: boolean[] = [];
			const watch = new SilenceWatch(clock, 60_000, (wasHeard) => {
				told.push(wasHeard);
			});
			for (const bytes of reports) {
				watch.report(bytes);
			}
			clock.advance(70_000);
			expect(told).to.deep.equal([heard]);
		}
	});

	it('counts from the last report with more in it', () => {
		const { clock, watch, silentAtMs } = make();
		for (let at = 0; at < 300; at += 5) {
			watch.report(at);
			clock.advance(5000);
		}
		// The same again is no sign of life.
		for (let at = 0; at < 300; at += 5) {
			watch.report(295);
			clock.advance(5000);
		}
		expect(silentAtMs).to.deep.equal([350_000]);
	});

	it('hears a link that was busy as long as a node that pings as usual may be quiet', async () => {
		for (const [livenessMs, quietMs] of [
			[60_000, 12_000],
			[12_000, 5000],
		] as const) {
			const { clock, watch } = make(livenessMs);
			for (let bytes = 1; bytes < 20; bytes++) {
				watch.report(bytes);
				clock.advance(1000);
			}
			let isAlive: boolean | undefined;
			void watch.hears(1000).then((heard) => {
				isAlive = heard;
			});
			clock.advance(quietMs - 1);
			await turn();
			expect(isAlive).to.equal(undefined);
			clock.advance(1);
			await turn();
			expect(isAlive).to.equal(false);
			watch.stop();
		}
	});

	it('leaves no timer when it is stopped', () => {
		const { clock, watch } = make();
		watch.stop();
		expect(clock.pending).to.equal(0);
	});

	it('gives reports a chance to be read after this process itself stood still', () => {
		const late: Array<() => void> = [];
		let nowMs = 0;
		let silent = 0;
		const watch = new SilenceWatch(
			{
				monotonicMs: () => nowMs,
				wallMs: () => nowMs,
				setTimer: (_, callback) => {
					late.push(callback);
					return { cancel: () => undefined };
				},
			},
			60_000,
			() => {
				silent += 1;
			},
		);
		watch.report(500);
		nowMs = 200_000;
		late.shift()!();
		expect(silent).to.equal(0);
		watch.report(1000);
		nowMs = 210_000;
		late.shift()!();
		expect(silent).to.equal(0);
		nowMs = 255_000;
		late.shift()!();
		expect(silent).to.equal(1);
	});
});
