import { expect } from 'chai';

import type { OutcomeCode } from '../../../../src/outcome.js';
import { unheardMs } from '../../../../src/pacing/laws/unheard.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';
import { Device } from '../driver.js';

const CONNECT_MS = 10_000;

/** A device whose link ended so; `fails` waits for an answer in vain. */
function lost(how: OutcomeCode, seed = 'device') {
	const device = new Device({}, seededRandom(seed));
	device.waitsOut(device.start());
	device.linksFor(600_000);
	device.waitsOut(device.ends(how));
	const fails = (code: OutcomeCode) => {
		device.tell({ type: 'attempt' });
		device.nowMs += CONNECT_MS;
		return device.ends(code);
	};
	return { device, fails };
}

describe('law for a path that is gone', () => {
	it('waits up to its period at first, then up to a quarter of the time since the loss, then as long as back-off', () => {
		const numbers = { localPeriodMs: 15_000, backoffPeriodMs: 89_000 };
		const longest = [0, 60_000, 120_000, 3_600_000].map(
			(sinceMs) => unheardMs(numbers, sinceMs, 1).delayMs,
		);
		expect(longest).to.deep.equal([15_000, 15_000, 30_000, 89_000]);
		expect(unheardMs(numbers, 0, 0).delayMs).to.equal(7500);
	});

	it('has a lone device back within 30 s of the end of a cut, whenever in the first minutes that is', () => {
		const longest: number[] = [];
		for (let run = 0; run < 200; run++) {
			const { device, fails } = lost('link-silent', `cut ${run}`);
			const sinceMs = device.nowMs;
			let before = sinceMs;
			while (device.nowMs - sinceMs < 90_000) {
				before = device.nowMs;
				device.waitsOut(fails('connect-timeout'));
			}
			longest.push(device.nowMs - before);
		}
		expect(Math.max(...longest)).to.be.at.most(30_000);
	});

	it('makes no more attempts than back-off once it has lasted', () => {
		const { device, fails } = lost('link-silent');
		const sinceMs = device.nowMs;
		while (device.nowMs - sinceMs < 600_000) {
			device.waitsOut(fails('udp-blocked'));
		}
		const startMs = device.nowMs;
		let attempts = 0;
		while (device.nowMs - startMs < 24 * 3_600_000) {
			device.waitsOut(fails('connect-timeout'));
			attempts++;
		}
		expect(attempts).to.be.within(960, 990);
	});

	for (const [what, loss, answer] of [
		['the link ended with a word', 'link-reset', undefined],
		['a node refused', 'link-silent', 'connect-refused'],
		['a node was crowded', 'link-silent', 'early-reset'],
	] as const) {
		it(`is not followed once ${what}`, () => {
			const { device, fails } = lost(loss);
			if (answer) {
				device.waitsOut(fails(answer));
			}
			for (let i = 0; i < 3; i++) {
				device.waitsOut(fails('connect-timeout'));
			}
			expect(fails('connect-timeout').delayMs).to.be.above(40_000);
		});
	}
});
