import { expect } from 'chai';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
} from '../../src/simulator/index.js';

const DEVICES = 1000;

/** The most attempts in a second once the first ones are made, over what the node accepts in one; and those of a device. */
function piledUp(boundSeconds: number, outageSeconds: number) {
	const acceptRate = DEVICES / boundSeconds;
	const { result, timeline } = simulateHerd({
		...HERD_DEFAULTS,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
		devices: DEVICES,
		acceptRate,
		hints: 'window',
		outageSeconds,
		outageAs: '503',
	});
	const { widthMs, counts } = timeline.attempts;
	const each = 1000 / widthMs;
	const most = counts.reduce((best, _, i) => {
		const inSecond = counts.slice(i, i + each);
		return Math.max(
			best,
			inSecond.reduce((sum, count) => sum + count, 0),
		);
	}, 0);
	return { overRate: most / acceptRate, attempts: result.attemptsPerDevice };
}

describe('an outage inside of a told window', () => {
	for (const [bound, outage] of [
		[40, 60],
		[200, 100],
		[200, 300],
	] as const) {
		it(`gathers nobody at the end of the window: T = ${bound} s, ${outage} s of 503`, () => {
			const { overRate, attempts } = piledUp(bound, outage);
			expect(overRate).to.be.at.most(25);
			expect(attempts).to.be.at.most(10);
		});
	}
});
