import { expect } from 'chai';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HerdResult,
	type HerdSetup,
	type Policy,
} from '../../src/simulator/index.js';

function herd(
	policy: string | Policy,
	overrides: Partial<HerdSetup> = {},
): HerdResult {
	return simulateHerd({
		...HERD_DEFAULTS,
		policy: typeof policy === 'string' ? policyNamed(policy) : policy,
		stockPolicy: policyNamed('balena-tcp-reset'),
		...overrides,
	}).result;
}

/** Dials once, at a moment that is uniform over the window, and again a second after each refusal. */
function uniformOver(seconds: number): Policy {
	return {
		name: 'uniform',
		summary: '',
		source: '',
		pacer: () => ({
			tell: (_device, event, _nowMs, random) => {
				if (event.type !== 'ended') {
					return undefined;
				}
				return event.outcome.kind === 'lost' ? random() * seconds * 1000 : 1000;
			},
		}),
	};
}

/** The model against figures that were found independently, and against what can be worked out on paper. */
describe('the yardstick', function () {
	this.timeout(60_000);

	it('full jitter from 1 to 128 s takes 1.8 T and 8.8 attempts at N/R = 200 s', () => {
		const { t100, attemptsPerDevice } = herd('full-jitter');
		expect(t100).to.be.within(1.65, 1.95);
		expect(attemptsPerDevice).to.be.within(8.5, 9.1);
	});

	it('decorrelated jitter takes 2.2 T and 13 attempts at N/R = 200 s', () => {
		const { t100, attemptsPerDevice } = herd('decorrelated-jitter');
		expect(t100).to.be.within(2, 2.4);
		expect(attemptsPerDevice).to.be.within(12.5, 14);
	});

	it('a window that grows with elapsed time takes 1.95 T and 4.1 attempts', () => {
		const { t100, attemptsPerDevice } = herd('elapsed-window');
		expect(t100).to.be.within(1.8, 2.1);
		expect(attemptsPerDevice).to.be.within(3.9, 4.3);
	});

	it('and 2.2 T and 9.3 attempts at N/R = 2000 s', () => {
		const { t100, attemptsPerDevice } = herd('elapsed-window', {
			acceptRate: 10,
		});
		expect(t100).to.be.within(2, 2.6);
		expect(attemptsPerDevice).to.be.within(9, 9.6);
	});

	it('stock OpenVPN brings half back after more than 50 T, and never all', () => {
		const result = herd('balena-tcp-reset');
		expect(result.t50).to.be.within(50, 62);
		expect(result).to.include({ recovered: false, t99: null, t100: null });
	});

	for (const name of ['full-jitter', 'decorrelated-jitter', 'mqttjs']) {
		it(`${name} never recovers at N/R = 2000 s`, () => {
			const result = herd(name, { acceptRate: 10 });
			expect(result).to.include({ recovered: false, t100: null });
		});
	}

	it('no policy beats the lower bound, but for the second that the node had saved', () => {
		for (const name of ['cloudflared', 'grpc-js', 'elastic-agent', 'agent']) {
			const { t100Seconds } = herd(name, { rejectCost: 0, acceptRate: 400 });
			expect(t100Seconds, name).to.be.at.least(49);
		}
	});

	it('a window of 1.03 T takes 1.03 T, one attempt, and a peak near 1', () => {
		const result = herd(uniformOver(206));
		expect(result.t100).to.be.within(1.02, 1.04);
		expect(result.attemptsPerDevice).to.be.within(1, 1.01);
		expect(result.peakOverRate).to.be.within(1, 1.2);
	});

	it('half, 99 % and all of a uniform window come back at those shares of it', () => {
		const { t50, t99, t100 } = herd(uniformOver(400));
		expect(t50).to.be.closeTo(1, 0.02);
		expect(t99).to.be.closeTo(1.98, 0.01);
		expect(t100).to.be.closeTo(2, 0.01);
	});

	it('a capped back-off collapses as soon as C N/R outgrows its period', () => {
		// 10 s for ever, spread out: with C = 0.1 and unbounded debt the edge lies at N/R = 100 s.
		const spread: Policy = {
			...uniformOver(10),
			pacer: () => ({
				tell: (_device, event, _nowMs, random) =>
					event.type === 'ended' ? random() * 20_000 : undefined,
			}),
		};
		const unbounded = { rejectDebtSeconds: Infinity };
		expect(herd(spread, { ...unbounded, acceptRate: 250 }).recovered).to.equal(
			true,
		);
		expect(herd(spread, { ...unbounded, acceptRate: 150 }).recovered).to.equal(
			false,
		);
	});

	it('with unbounded debt nothing is faster than 1 + C (attempts - 1)', () => {
		for (const name of ['agent', 'elapsed-window', 'elastic-agent']) {
			const result = herd(name, { rejectDebtSeconds: Infinity });
			const bound = 1 + 0.1 * (result.attemptsPerDevice - 1) - 1 / 200;
			expect(result.t100, name).to.be.at.least(bound);
		}
	});
});
